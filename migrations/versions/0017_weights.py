"""What each option of a multiple choice brings by itself"""

from alembic import op
import sqlalchemy as sa


revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    # Not as a batch: the guards of keys and versions would miss the table while it is rebuilt.
    op.add_column('question_keys', sa.Column('weights', sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column('question_keys', 'weights')
