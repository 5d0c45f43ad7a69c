"""The questions of a bank are found in their order"""

from alembic import op


revision = '0019'
down_revision = '0018'


def upgrade() -> None:
    op.create_index('ix_questions_bank_id_id', 'questions', ['bank_id', 'id'])


def downgrade() -> None:
    op.drop_index('ix_questions_bank_id_id', table_name='questions')
