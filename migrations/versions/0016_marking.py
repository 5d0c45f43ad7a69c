"""Short answers marked by hand, and regrades of questions that were wrong"""

from alembic import op
import sqlalchemy as sa


revision = '0016'
down_revision = '0015'


def upgrade() -> None:
    # Not as a batch: the guards of the answers look at the attempts, and would miss the table while it is rebuilt.
    op.add_column('attempts', sa.Column('marks_revision', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('attempts', sa.Column('regrade_no', sa.Integer(), nullable=False, server_default='0'))

    op.create_table('marking_settings',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('markers', sa.Integer(), nullable=False),
    sa.Column('difference_limit', sa.Integer(), nullable=False),
    sa.CheckConstraint('markers IN (1, 2)', name=op.f('ck_marking_settings_one_or_two')),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_marking_settings_round_id_exam_rounds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_marking_settings'))
    )
    op.create_table('marking_rubrics',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('criteria', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_marking_rubrics_round_id_exam_rounds'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name=op.f('fk_marking_rubrics_version_id_question_versions')),
    sa.PrimaryKeyConstraint('round_id', 'version_id', name=op.f('pk_marking_rubrics'))
    )
    op.create_table('marking_tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('attempt_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('final', sa.String(length=32), nullable=True),
    sa.Column('done_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_marking_tasks_attempt_id_attempts')),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_marking_tasks_round_id_exam_rounds')),
    sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name=op.f('fk_marking_tasks_version_id_question_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_marking_tasks')),
    sa.UniqueConstraint('attempt_id', 'position', name=op.f('uq_marking_tasks_attempt_id_position'))
    )
    with op.batch_alter_table('marking_tasks', schema=None) as batch_op:
        batch_op.create_index('ix_marking_tasks_round_id_version_id_state', ['round_id', 'version_id', 'state', 'number'], unique=False)

    op.create_table('given_marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=False),
    sa.Column('marker_id', sa.Integer(), nullable=False),
    sa.Column('points', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['marker_id'], ['users.id'], name=op.f('fk_given_marks_marker_id_users')),
    sa.ForeignKeyConstraint(['task_id'], ['marking_tasks.id'], name=op.f('fk_given_marks_task_id_marking_tasks')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_given_marks')),
    sa.UniqueConstraint('task_id', 'marker_id', name=op.f('uq_given_marks_task_id_marker_id'))
    )
    with op.batch_alter_table('given_marks', schema=None) as batch_op:
        batch_op.create_index('ix_given_marks_marker_id', ['marker_id'], unique=False)

    op.create_table('regrades',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('no', sa.Integer(), nullable=True),
    sa.Column('mode', sa.String(length=32), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('undo_reason', sa.String(length=200), nullable=False),
    sa.Column('new_version_id', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('applied_at', sa.DateTime(), nullable=True),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['users.id'], name=op.f('fk_regrades_made_by_users')),
    sa.ForeignKeyConstraint(['new_version_id'], ['question_versions.id'], name=op.f('fk_regrades_new_version_id_question_versions')),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_regrades_round_id_exam_rounds')),
    sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name=op.f('fk_regrades_version_id_question_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regrades'))
    )
    with op.batch_alter_table('regrades', schema=None) as batch_op:
        batch_op.create_index('ix_regrades_round_id_state', ['round_id', 'state'], unique=False)

    op.create_table('regrade_scores',
    sa.Column('regrade_id', sa.Integer(), nullable=False),
    sa.Column('undo', sa.Boolean(), nullable=False),
    sa.Column('attempt_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('old_no', sa.Integer(), nullable=False),
    sa.Column('old_score', sa.Integer(), nullable=True),
    sa.Column('old_marks', sa.JSON(), nullable=False),
    sa.Column('old_passed', sa.Boolean(), nullable=True),
    sa.Column('new_no', sa.Integer(), nullable=False),
    sa.Column('new_score', sa.Integer(), nullable=True),
    sa.Column('new_marks', sa.JSON(), nullable=False),
    sa.Column('new_passed', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_regrade_scores_attempt_id_attempts')),
    sa.ForeignKeyConstraint(['regrade_id'], ['regrades.id'], name=op.f('fk_regrade_scores_regrade_id_regrades')),
    sa.PrimaryKeyConstraint('regrade_id', 'undo', 'attempt_id', name=op.f('pk_regrade_scores'))
    )


def downgrade() -> None:
    op.drop_table('regrade_scores')
    with op.batch_alter_table('regrades', schema=None) as batch_op:
        batch_op.drop_index('ix_regrades_round_id_state')

    op.drop_table('regrades')
    with op.batch_alter_table('given_marks', schema=None) as batch_op:
        batch_op.drop_index('ix_given_marks_marker_id')

    op.drop_table('given_marks')
    with op.batch_alter_table('marking_tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_marking_tasks_round_id_version_id_state')

    op.drop_table('marking_tasks')
    op.drop_table('marking_rubrics')
    op.drop_table('marking_settings')
    op.drop_column('attempts', 'regrade_no')
    op.drop_column('attempts', 'marks_revision')
