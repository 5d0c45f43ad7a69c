"""Contests: settings, consent to be named, the clock of each question, and what a leaderboard reads"""

from alembic import op
import sqlalchemy as sa


revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    op.create_table('contests',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('question_seconds', sa.Integer(), nullable=True),
    sa.Column('self_enrol', sa.Boolean(), nullable=False),
    sa.Column('names', sa.String(length=32), nullable=False),
    sa.Column('board_during', sa.String(length=32), nullable=False),
    sa.Column('board_after', sa.String(length=32), nullable=False),
    sa.Column('least_people', sa.Integer(), nullable=False),
    sa.CheckConstraint('least_people > 0', name=op.f('ck_contests_least_people_positive')),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_contests_round_id_exam_rounds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_contests'))
    )
    op.create_table('contest_consents',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('agreed', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_contest_consents_round_id_exam_rounds'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_contest_consents_user_id_users')),
    sa.PrimaryKeyConstraint('round_id', 'user_id', name=op.f('pk_contest_consents'))
    )
    op.create_table('contest_clocks',
    sa.Column('attempt_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_contest_clocks_attempt_id_attempts')),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_contest_clocks'))
    )
    op.create_index(
        'ix_attempts_standings', 'attempts',
        ['round_id', 'user_id', 'state', 'score', 'submitted_at', 'started_at', 'due_at'],
    )


def downgrade() -> None:
    op.drop_index('ix_attempts_standings', table_name='attempts')
    op.drop_table('contest_clocks')
    op.drop_table('contest_consents')
    op.drop_table('contests')
