"""Series by day of the month and their end, forms of study that count as publicity, deleted rows kept for a day"""

from alembic import op
import sqlalchemy as sa


revision = '0018'
down_revision = "0017"


def upgrade() -> None:
    op.add_column('study_kinds', sa.Column('publicity', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('study_series', sa.Column('month_day', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('study_series', sa.Column('ended_at', sa.DateTime(), nullable=True))
    op.add_column('study_series', sa.Column('end_reason', sa.String(length=200), nullable=False, server_default=''))
    op.add_column('study_sessions', sa.Column('cancelled_at', sa.DateTime(), nullable=True))
    op.create_index('ix_study_sessions_series_id', 'study_sessions', ['series_id'], unique=False)
    op.create_table('removed_rows',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('table_name', sa.String(length=64), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('removed_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_removed_rows'))
    )
    op.create_index('ix_removed_rows_removed_at', 'removed_rows', ['removed_at'], unique=False)


def downgrade() -> None:
    op.drop_table('removed_rows')
    op.drop_index('ix_study_sessions_series_id', table_name='study_sessions')
    with op.batch_alter_table('study_sessions', schema=None) as batch_op:
        batch_op.drop_column('cancelled_at')
    with op.batch_alter_table('study_series', schema=None) as batch_op:
        batch_op.drop_column('end_reason')
        batch_op.drop_column('ended_at')
        batch_op.drop_column('month_day')
    with op.batch_alter_table('study_kinds', schema=None) as batch_op:
        batch_op.drop_column('publicity')
