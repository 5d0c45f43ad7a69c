"""Practice: which banks may be practised, and how each person stands with each question"""

from alembic import op
import sqlalchemy as sa


revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    with op.batch_alter_table('question_banks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('practice', sa.String(length=32), nullable=False, server_default='off'))
    with op.batch_alter_table('question_banks', schema=None) as batch_op:
        batch_op.alter_column('practice', existing_type=sa.String(length=32), server_default=None)

    op.create_table('practice_marks',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('right', sa.Integer(), nullable=False),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.Column('in_a_row', sa.Integer(), nullable=False),
    sa.Column('in_notebook', sa.Boolean(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name=op.f('fk_practice_marks_question_id_questions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_practice_marks_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'question_id', name=op.f('pk_practice_marks'))
    )
    with op.batch_alter_table('practice_marks', schema=None) as batch_op:
        batch_op.create_index('ix_practice_marks_question_id', ['question_id'], unique=False)
        batch_op.create_index('ix_practice_marks_user_id_in_notebook', ['user_id', 'in_notebook'], unique=False)

    op.create_table('practice_days',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('right', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_practice_days_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'day', name=op.f('pk_practice_days'))
    )
    op.create_table('practice_sets',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scope', sa.String(length=240), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('items', sa.JSON(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_practice_sets_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_sets')),
    sa.UniqueConstraint('user_id', 'scope', name=op.f('uq_practice_sets_user_id_scope'))
    )
    op.create_table('practice_settings',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('needed', sa.Integer(), nullable=False),
    sa.CheckConstraint('needed > 0', name=op.f('ck_practice_settings_needed_positive')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_practice_settings_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_practice_settings'))
    )


def downgrade() -> None:
    op.drop_table('practice_settings')
    op.drop_table('practice_sets')
    op.drop_table('practice_days')
    op.drop_table('practice_marks')
    with op.batch_alter_table('question_banks', schema=None) as batch_op:
        batch_op.drop_column('practice')
