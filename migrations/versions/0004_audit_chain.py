"""Audit chain: a seal for every entry; what is there already is sealed as found"""

from alembic import op
from flask import current_app
import sqlalchemy as sa

from portal.audit.chain import seal_all


revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('audit_seals',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('prev', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.Column('kid', sa.String(length=8), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_seals')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_audit_seals_entry_id'))
    )
    # Their canonical form is pinned by a test, so the code of today may seal them.
    seal_all(op.get_bind(), current_app.config["PORTAL"].audit_key.encode())


def downgrade() -> None:
    op.drop_table('audit_seals')
