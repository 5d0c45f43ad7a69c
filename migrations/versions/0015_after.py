"""After the exam: results from elsewhere, re-sits, deferrals with an end, certificates, codes to enter by"""

from alembic import op
import sqlalchemy as sa


revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    with op.batch_alter_table('exam_rounds', schema=None) as batch_op:
        batch_op.add_column(sa.Column('full_marks', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('main_round_id', sa.Integer(), nullable=True))
        batch_op.create_index(op.f('ix_exam_rounds_main_round_id'), ['main_round_id'], unique=False)
        batch_op.create_foreign_key(
            op.f('fk_exam_rounds_main_round_id_exam_rounds'), 'exam_rounds', ['main_round_id'], ['id']
        )
    with op.batch_alter_table('roster_entries', schema=None) as batch_op:
        batch_op.add_column(sa.Column('deferred_until', sa.Date(), nullable=True))
    with op.batch_alter_table('login_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confined_to', sa.String(length=40), nullable=False, server_default=''))
    op.create_table('recorded_scores',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('sat_on', sa.Date(), nullable=False),
    sa.Column('certificate', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_recorded_scores_round_id_exam_rounds')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recorded_scores_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recorded_scores')),
    sa.UniqueConstraint('round_id', 'user_id', name=op.f('uq_recorded_scores_round_id_user_id'))
    )
    op.create_index('ix_recorded_scores_user_id', 'recorded_scores', ['user_id'], unique=False)
    op.create_table('certificates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=50), nullable=False),
    sa.Column('unit_name', sa.String(length=200), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('sat_on', sa.Date(), nullable=False),
    sa.Column('issued_at', sa.DateTime(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_certificates_round_id_exam_rounds')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_certificates_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificates')),
    sa.UniqueConstraint('code', name=op.f('uq_certificates_code')),
    sa.UniqueConstraint('number', name=op.f('uq_certificates_number')),
    sa.UniqueConstraint('year', 'serial', name=op.f('uq_certificates_year_serial'))
    )
    op.create_index('ix_certificates_user_id', 'certificates', ['user_id'], unique=False)
    op.create_index('uq_certificates_valid', 'certificates', ['round_id', 'user_id'], unique=True,
                    sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
    op.create_table('exam_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['round_id'], ['exam_rounds.id'], name=op.f('fk_exam_codes_round_id_exam_rounds')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_exam_codes_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exam_codes')),
    sa.UniqueConstraint('digest', name=op.f('uq_exam_codes_digest'))
    )
    op.create_index('ix_exam_codes_user_id', 'exam_codes', ['user_id'], unique=False)
    op.create_index('uq_exam_codes_valid', 'exam_codes', ['round_id', 'user_id'], unique=True,
                    sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))


def downgrade() -> None:
    op.drop_table('exam_codes')
    op.drop_table('certificates')
    op.drop_table('recorded_scores')
    # A re-sit without its link to the main round stays a round of its own.
    with op.batch_alter_table('login_sessions', schema=None) as batch_op:
        batch_op.drop_column('confined_to')
    with op.batch_alter_table('roster_entries', schema=None) as batch_op:
        batch_op.drop_column('deferred_until')
    with op.batch_alter_table('exam_rounds', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('fk_exam_rounds_main_round_id_exam_rounds'), type_='foreignkey')
        batch_op.drop_index(op.f('ix_exam_rounds_main_round_id'))
        batch_op.drop_column('main_round_id')
        batch_op.drop_column('full_marks')
