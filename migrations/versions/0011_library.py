"""The regulation library: regulations, versions, provisions, notes, and the index that search asks"""

from alembic import op
import sqlalchemy as sa


revision = '0011'
down_revision = '0007'

INDEXES = ('library_texts', 'library_others')


def upgrade() -> None:
    op.create_table('regulations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('title_key', sa.String(length=200), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.Column('folded', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('issuing_bodies', sa.String(length=200), nullable=False),
    sa.Column('number', sa.String(length=100), nullable=False),
    sa.Column('topics', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regulations')),
    sa.UniqueConstraint('title_key', name=op.f('uq_regulations_title_key'))
    )
    with op.batch_alter_table('regulations', schema=None) as batch_op:
        batch_op.create_index('ix_regulations_kind_id', ['kind', 'id'], unique=False)

    op.create_table('regulation_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('regulation_id', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('adopted_on', sa.Date(), nullable=True),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('in_force_from', sa.Date(), nullable=True),
    sa.Column('basis', sa.String(length=32), nullable=False),
    sa.Column('confirmed_by', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('repealed_on', sa.Date(), nullable=True),
    sa.Column('is_digest', sa.Boolean(), nullable=False),
    sa.Column('shelved', sa.Boolean(), nullable=False),
    sa.Column('date_lines', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('source_date', sa.Date(), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('article_count', sa.Integer(), nullable=False),
    sa.Column('first_id', sa.Integer(), nullable=False),
    sa.Column('last_id', sa.Integer(), nullable=False),
    sa.Column('imported_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('repealed_on IS NULL OR in_force_from IS NULL OR repealed_on >= in_force_from', name=op.f('ck_regulation_versions_order')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['users.id'], name=op.f('fk_regulation_versions_confirmed_by_users')),
    sa.ForeignKeyConstraint(['imported_by'], ['users.id'], name=op.f('fk_regulation_versions_imported_by_users')),
    sa.ForeignKeyConstraint(['regulation_id'], ['regulations.id'], name=op.f('fk_regulation_versions_regulation_id_regulations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regulation_versions')),
    sa.UniqueConstraint('regulation_id', 'content_hash', name='uq_regulation_versions_regulation_id_content_hash')
    )
    with op.batch_alter_table('regulation_versions', schema=None) as batch_op:
        batch_op.create_index('ix_regulation_versions_first_id', ['first_id'], unique=False)

    op.create_table('provisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('address', sa.String(length=100), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sub', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=50), nullable=False),
    sa.Column('heading', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('span', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['version_id'], ['regulation_versions.id'], name=op.f('fk_provisions_version_id_regulation_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provisions')),
    sa.UniqueConstraint('version_id', 'address', name='uq_provisions_version_id_address')
    )

    op.create_table('article_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('regulation_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=100), nullable=False),
    sa.Column('quote', sa.String(length=500), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['regulation_id'], ['regulations.id'], name=op.f('fk_article_notes_regulation_id_regulations')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_article_notes_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_notes'))
    )
    with op.batch_alter_table('article_notes', schema=None) as batch_op:
        batch_op.create_index('ix_article_notes_regulation_id_user_id', ['regulation_id', 'user_id'], unique=False)
        batch_op.create_index('ix_article_notes_user_id', ['user_id'], unique=False)

    # The index holds tokens cut by the application, and no text: each engine has its own way to keep them.
    for name in INDEXES:
        if op.get_bind().dialect.name == 'sqlite':
            op.execute(f"CREATE VIRTUAL TABLE {name} USING fts5(body, content='', tokenize='ascii', prefix='4')")
        else:
            op.execute(f"CREATE TABLE {name} (rowid INTEGER PRIMARY KEY, body tsvector NOT NULL, folded text NOT NULL)")
            op.execute(f"CREATE INDEX ix_{name}_body ON {name} USING gin (body)")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP TABLE {name}")
    with op.batch_alter_table('article_notes', schema=None) as batch_op:
        batch_op.drop_index('ix_article_notes_user_id')
        batch_op.drop_index('ix_article_notes_regulation_id_user_id')
    op.drop_table('article_notes')
    op.drop_table('provisions')
    with op.batch_alter_table('regulation_versions', schema=None) as batch_op:
        batch_op.drop_index('ix_regulation_versions_first_id')
    op.drop_table('regulation_versions')
    with op.batch_alter_table('regulations', schema=None) as batch_op:
        batch_op.drop_index('ix_regulations_kind_id')
    op.drop_table('regulations')
