"""Meetings and study: with the forms of study that every site begins with"""

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'


# code, name, English name, key of the figure that counts it.
KINDS = (
    ("first_topic", "党组第一议题", "First topic of the party group", "study_first_topic"),
    ("party_group", "党组会学习", "Study at a party group meeting", ""),
    ("centre_group", "理论学习中心组", "Centre group study", "study_centre_group"),
    ("centre_group_extended", "理论学习中心组（扩大）", "Centre group study (extended)", "study_centre_group_ext"),
    ("lecture", "专题讲座", "Lecture", "study_lecture"),
    ("watching", "集中收看", "Watching together", "study_watch"),
    ("training", "培训会", "Training", "study_training"),
    ("mobilisation", "动员部署会", "Mobilisation meeting", ""),
    ("court", "旁听庭审", "Attending a trial", ""),
    ("discussion", "交流研讨", "Discussion", ""),
    ("branch", "党支部学习", "Party branch study", ""),
)


def upgrade() -> None:
    kinds = op.create_table('study_kinds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=50), nullable=False),
    sa.Column('english', sa.String(length=80), nullable=False),
    sa.Column('figure', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_kinds')),
    sa.UniqueConstraint('code', name=op.f('uq_study_kinds_code'))
    )
    op.bulk_insert(kinds, [
        {"code": code, "name": name, "english": english, "figure": figure, "position": position, "active": True}
        for position, (code, name, english, figure) in enumerate(KINDS, start=1)
    ])
    op.create_table('study_materials',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('issuer', sa.String(length=100), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_materials')),
    sa.UniqueConstraint('title', 'number', name=op.f('uq_study_materials_title_number'))
    )
    op.create_table('study_plans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('leaders_only', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('published_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_study_plans_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_plans'))
    )
    with op.batch_alter_table('study_plans', schema=None) as batch_op:
        batch_op.create_index('ix_study_plans_year_unit_id', ['year', 'unit_id'], unique=False)

    op.create_table('study_series',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('nth', sa.Integer(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['kind_id'], ['study_kinds.id'], name=op.f('fk_study_series_kind_id_study_kinds')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_study_series_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_series'))
    )
    op.create_table('calendar_tokens',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_tokens_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_calendar_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_calendar_tokens_digest'))
    )
    op.create_table('hours_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_hours_entries_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hours_entries'))
    )
    with op.batch_alter_table('hours_entries', schema=None) as batch_op:
        batch_op.create_index('ix_hours_entries_source_source_id', ['source', 'source_id', 'user_id'], unique=False)
        batch_op.create_index('ix_hours_entries_user_id_year', ['user_id', 'year', 'id'], unique=False)

    op.create_table('meetings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('begins', sa.String(length=5), nullable=False),
    sa.Column('ends', sa.String(length=5), nullable=False),
    sa.Column('place', sa.String(length=100), nullable=False),
    sa.Column('chair', sa.String(length=50), nullable=False),
    sa.Column('present', sa.Text(), nullable=False),
    sa.Column('observers', sa.Text(), nullable=False),
    sa.Column('absent', sa.Text(), nullable=False),
    sa.Column('keeper', sa.String(length=50), nullable=False),
    sa.Column('signed_by', sa.String(length=50), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_meetings_created_by_users')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_meetings_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meetings'))
    )
    with op.batch_alter_table('meetings', schema=None) as batch_op:
        batch_op.create_index('ix_meetings_kind_held_on', ['kind', 'held_on', 'id'], unique=False)
        batch_op.create_index('ix_meetings_unit_id_held_on', ['unit_id', 'held_on', 'id'], unique=False)

    op.create_table('self_studies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('regulation_id', sa.Integer(), nullable=True),
    sa.Column('article', sa.String(length=32), nullable=False),
    sa.Column('read_on', sa.Date(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('open_minutes', sa.Integer(), nullable=True),
    sa.Column('reflection', sa.Text(), nullable=False),
    sa.Column('reviewed_by', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(), nullable=True),
    sa.Column('review_note', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['reviewed_by'], ['users.id'], name=op.f('fk_self_studies_reviewed_by_users')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_self_studies_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_self_studies'))
    )
    with op.batch_alter_table('self_studies', schema=None) as batch_op:
        batch_op.create_index('ix_self_studies_regulation_id_article', ['regulation_id', 'article'], unique=False)
        batch_op.create_index('ix_self_studies_user_id_read_on', ['user_id', 'read_on', 'id'], unique=False)

    op.create_table('study_plan_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('study_kind_id', sa.Integer(), nullable=True),
    sa.Column('regulation_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['plan_id'], ['study_plans.id'], name=op.f('fk_study_plan_items_plan_id_study_plans')),
    sa.ForeignKeyConstraint(['study_kind_id'], ['study_kinds.id'], name=op.f('fk_study_plan_items_study_kind_id_study_kinds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_plan_items'))
    )
    with op.batch_alter_table('study_plan_items', schema=None) as batch_op:
        batch_op.create_index('ix_study_plan_items_plan_id_position', ['plan_id', 'position'], unique=False)

    op.create_table('agenda_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('presenter', sa.String(length=50), nullable=False),
    sa.Column('conclusion', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meetings.id'], name=op.f('fk_agenda_items_meeting_id_meetings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agenda_items'))
    )
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.create_index('ix_agenda_items_meeting_id_position', ['meeting_id', 'position'], unique=False)

    op.create_table('decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('no', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_items.id'], name=op.f('fk_decisions_item_id_agenda_items')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meetings.id'], name=op.f('fk_decisions_meeting_id_meetings')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_decisions_owner_id_users')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_decisions_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions')),
    sa.UniqueConstraint('meeting_id', 'no', name=op.f('uq_decisions_meeting_id_no'))
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index('ix_decisions_owner_id_state', ['owner_id', 'state'], unique=False)
        batch_op.create_index('ix_decisions_unit_id_state_due_on', ['unit_id', 'state', 'due_on'], unique=False)

    op.create_table('study_sessions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('own', sa.Boolean(), nullable=False),
    sa.Column('organiser', sa.String(length=100), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('precision', sa.String(length=32), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('begins', sa.String(length=5), nullable=False),
    sa.Column('ends', sa.String(length=5), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=100), nullable=False),
    sa.Column('chair', sa.String(length=50), nullable=False),
    sa.Column('lecturer', sa.String(length=50), nullable=False),
    sa.Column('lecturer_post', sa.String(length=100), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('publicity', sa.Boolean(), nullable=False),
    sa.Column('agenda_item_id', sa.Integer(), nullable=True),
    sa.Column('series_id', sa.Integer(), nullable=True),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('check_in_code', sa.String(length=16), nullable=True),
    sa.Column('check_in_until', sa.DateTime(), nullable=True),
    sa.Column('cancel_reason', sa.String(length=200), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['agenda_item_id'], ['agenda_items.id'], name=op.f('fk_study_sessions_agenda_item_id_agenda_items')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_study_sessions_created_by_users')),
    sa.ForeignKeyConstraint(['kind_id'], ['study_kinds.id'], name=op.f('fk_study_sessions_kind_id_study_kinds')),
    sa.ForeignKeyConstraint(['series_id'], ['study_series.id'], name=op.f('fk_study_sessions_series_id_study_series')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_study_sessions_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_sessions')),
    sa.UniqueConstraint('check_in_code', name=op.f('uq_study_sessions_check_in_code'))
    )
    with op.batch_alter_table('study_sessions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_study_sessions_agenda_item_id'), ['agenda_item_id'], unique=False)
        batch_op.create_index('ix_study_sessions_kind_id_first_day', ['kind_id', 'first_day', 'id'], unique=False)
        batch_op.create_index('ix_study_sessions_state_first_day', ['state', 'first_day', 'id'], unique=False)
        batch_op.create_index('ix_study_sessions_unit_id_first_day', ['unit_id', 'first_day', 'id'], unique=False)

    op.create_table('follow_ups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('author_name', sa.String(length=50), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('closes', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_follow_ups_author_id_users')),
    sa.ForeignKeyConstraint(['decision_id'], ['decisions.id'], name=op.f('fk_follow_ups_decision_id_decisions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_ups'))
    )
    with op.batch_alter_table('follow_ups', schema=None) as batch_op:
        batch_op.create_index('ix_follow_ups_decision_id', ['decision_id', 'id'], unique=False)

    op.create_table('study_attendances',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('unit_name', sa.String(length=200), nullable=False),
    sa.Column('position', sa.String(length=200), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('override_minutes', sa.Integer(), nullable=True),
    sa.Column('override_reason', sa.String(length=200), nullable=False),
    sa.Column('checked_in_at', sa.DateTime(), nullable=True),
    sa.Column('marked_at', sa.DateTime(), nullable=True),
    sa.Column('marked_by', sa.Integer(), nullable=True),
    sa.Column('make_up', sa.String(length=32), nullable=False),
    sa.Column('make_up_due', sa.Date(), nullable=True),
    sa.Column('make_up_on', sa.Date(), nullable=True),
    sa.Column('make_up_note', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['marked_by'], ['users.id'], name=op.f('fk_study_attendances_marked_by_users')),
    sa.ForeignKeyConstraint(['session_id'], ['study_sessions.id'], name=op.f('fk_study_attendances_session_id_study_sessions')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_study_attendances_unit_id_units')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_study_attendances_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_attendances')),
    sa.UniqueConstraint('session_id', 'user_id', name=op.f('uq_study_attendances_session_id_user_id'))
    )
    with op.batch_alter_table('study_attendances', schema=None) as batch_op:
        batch_op.create_index('ix_study_attendances_make_up_due', ['make_up', 'make_up_due'], unique=False)
        batch_op.create_index('ix_study_attendances_session_id_unit_id', ['session_id', 'unit_id'], unique=False)
        batch_op.create_index('ix_study_attendances_user_id_session_id', ['user_id', 'session_id'], unique=False)

    op.create_table('study_headcounts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['study_sessions.id'], name=op.f('fk_study_headcounts_session_id_study_sessions')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_study_headcounts_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_headcounts')),
    sa.UniqueConstraint('session_id', 'unit_id', name=op.f('uq_study_headcounts_session_id_unit_id'))
    )
    op.create_table('study_speeches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=50), nullable=False),
    sa.Column('topic', sa.String(length=200), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['study_sessions.id'], name=op.f('fk_study_speeches_session_id_study_sessions')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_study_speeches_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_speeches'))
    )
    with op.batch_alter_table('study_speeches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_study_speeches_session_id'), ['session_id'], unique=False)
        batch_op.create_index('ix_study_speeches_user_id', ['user_id'], unique=False)

    op.create_table('study_topics',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('material_id', sa.Integer(), nullable=True),
    sa.Column('regulation_id', sa.Integer(), nullable=True),
    sa.Column('articles', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['material_id'], ['study_materials.id'], name=op.f('fk_study_topics_material_id_study_materials')),
    sa.ForeignKeyConstraint(['session_id'], ['study_sessions.id'], name=op.f('fk_study_topics_session_id_study_sessions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_topics'))
    )
    with op.batch_alter_table('study_topics', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_study_topics_regulation_id'), ['regulation_id'], unique=False)
        batch_op.create_index('ix_study_topics_session_id_position', ['session_id', 'position'], unique=False)
        batch_op.create_index('ix_study_topics_title', ['title'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('study_topics', schema=None) as batch_op:
        batch_op.drop_index('ix_study_topics_title')
        batch_op.drop_index('ix_study_topics_session_id_position')
        batch_op.drop_index(batch_op.f('ix_study_topics_regulation_id'))

    op.drop_table('study_topics')
    with op.batch_alter_table('study_speeches', schema=None) as batch_op:
        batch_op.drop_index('ix_study_speeches_user_id')
        batch_op.drop_index(batch_op.f('ix_study_speeches_session_id'))

    op.drop_table('study_speeches')
    op.drop_table('study_headcounts')
    with op.batch_alter_table('study_attendances', schema=None) as batch_op:
        batch_op.drop_index('ix_study_attendances_user_id_session_id')
        batch_op.drop_index('ix_study_attendances_session_id_unit_id')
        batch_op.drop_index('ix_study_attendances_make_up_due')

    op.drop_table('study_attendances')
    with op.batch_alter_table('follow_ups', schema=None) as batch_op:
        batch_op.drop_index('ix_follow_ups_decision_id')

    op.drop_table('follow_ups')
    with op.batch_alter_table('study_sessions', schema=None) as batch_op:
        batch_op.drop_index('ix_study_sessions_unit_id_first_day')
        batch_op.drop_index('ix_study_sessions_state_first_day')
        batch_op.drop_index('ix_study_sessions_kind_id_first_day')
        batch_op.drop_index(batch_op.f('ix_study_sessions_agenda_item_id'))

    op.drop_table('study_sessions')
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_index('ix_decisions_unit_id_state_due_on')
        batch_op.drop_index('ix_decisions_owner_id_state')

    op.drop_table('decisions')
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.drop_index('ix_agenda_items_meeting_id_position')

    op.drop_table('agenda_items')
    with op.batch_alter_table('study_plan_items', schema=None) as batch_op:
        batch_op.drop_index('ix_study_plan_items_plan_id_position')

    op.drop_table('study_plan_items')
    with op.batch_alter_table('self_studies', schema=None) as batch_op:
        batch_op.drop_index('ix_self_studies_user_id_read_on')
        batch_op.drop_index('ix_self_studies_regulation_id_article')

    op.drop_table('self_studies')
    with op.batch_alter_table('meetings', schema=None) as batch_op:
        batch_op.drop_index('ix_meetings_unit_id_held_on')
        batch_op.drop_index('ix_meetings_kind_held_on')

    op.drop_table('meetings')
    with op.batch_alter_table('hours_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_hours_entries_user_id_year')
        batch_op.drop_index('ix_hours_entries_source_source_id')

    op.drop_table('hours_entries')
    op.drop_table('calendar_tokens')
    op.drop_table('study_series')
    with op.batch_alter_table('study_plans', schema=None) as batch_op:
        batch_op.drop_index('ix_study_plans_year_unit_id')

    op.drop_table('study_plans')
    op.drop_table('study_materials')
    op.drop_table('study_kinds')
