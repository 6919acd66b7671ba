"""The same selection and the same launch, written by hand for each database: the limit."""

from datetime import timedelta

from benchmarks.bank import CURRENT, NOW, SAVINGS
from core.campaigns.model import Campaign, Design
from core.customers.rules import IndicatorKind, Medium
from core.runs.model import Run

MODULUS = 2_147_483_648


def moment_of(dialect, moment):
    if dialect == "sqlite":
        return str(int(moment.timestamp() * 1_000_000))
    return f"TIMESTAMPTZ '{moment.isoformat()}'"


def _hashed(source, key):
    def mixed(h, shift):
        return f"(({h} | ({h} >> {shift})) - ({h} & ({h} >> {shift})))"

    first = f"(CAST(customer_id AS BIGINT) * 2654435761 + {key * 40503 + 12345}) % {MODULUS}"
    return f"""WITH h1 AS MATERIALIZED (SELECT c.*, {first} AS h FROM {source} c WHERE reason = 0),
      h2 AS MATERIALIZED (SELECT customer_id, branch_id, manager_id,
        ({mixed("h", 15)} * 2146121005) % {MODULUS} AS h FROM h1),
      h3 AS MATERIALIZED (SELECT customer_id, branch_id, manager_id,
        ({mixed("h", 13)} * 1597334677) % {MODULUS} AS h FROM h2),
      hashed AS MATERIALIZED (SELECT customer_id, branch_id, manager_id,
        {mixed("h", 16)} AS h FROM h3)"""


def selection(session, run: Run) -> list[str]:
    """Return the statements that select the candidates of a run."""
    dialect = session.get_bind().dialect.name
    now, since = moment_of(dialect, NOW), moment_of(dialect, NOW - timedelta(days=90))
    quiet = since
    true, false = ("1", "0") if dialect == "sqlite" else ("true", "false")
    distress, phone = IndicatorKind.DISTRESS.bit, Medium.PHONE.bit
    held, wanted = 1 << CURRENT - 1, 1 << SAVINGS - 1
    return [
        """CREATE TEMPORARY TABLE sorted_out (customer_id BIGINT, branch_id INTEGER,
          manager_id INTEGER, worth BIGINT, reason SMALLINT)""",
        f"""INSERT INTO sorted_out SELECT s.customer_id, s.branch_id, s.manager_id, s.yearly_value,
          CASE WHEN NOT s.is_active THEN 1 WHEN s.do_not_contact THEN 2
            WHEN s.consents & {phone} = 0 THEN 3
            WHEN s.indicators & {distress} <> 0 AND EXISTS (SELECT 1 FROM indicator i
              WHERE i.customer_id = s.customer_id AND i.kind = 3 AND i.cleared_at IS NULL
              AND i.valid_from <= {now} AND (i.valid_until IS NULL OR i.valid_until > {now})) THEN 4
            WHEN NOT (s.products & {held} <> 0 AND s.products & {wanted} = 0) THEN 5
            WHEN s.products & {wanted} <> 0 THEN 7
            WHEN coalesce(s.last_contact_at > {since}, {false})
              OR coalesce(s.last_refusal_at > {quiet}, {false}) THEN 8
            WHEN s.pending > 0 AND EXISTS (SELECT 1 FROM activity a
              WHERE a.customer_id = s.customer_id AND a.status IN (0, 1, 2) AND a.priority <= 2)
              THEN 9 ELSE 0 END
          FROM customer_state s WHERE s.branch_id IN (SELECT id FROM unit)""",
        f"""INSERT INTO candidate (run_id, customer_id, branch_id, arm, confirmation, confirmer_id,
            confirmed_at, attempts, is_imported)
          {_hashed("sorted_out", run.arm_key)}
          SELECT {run.id}, h.customer_id, h.branch_id,
            CASE WHEN h.h % 10000 < 1000 THEN 0 ELSE 1 END,
            CASE WHEN p.id IS NULL THEN 2 ELSE 1 END, p.id,
            CASE WHEN p.id IS NULL THEN {now} END, 0, {false}
          FROM hashed h LEFT JOIN person p ON p.id = h.manager_id AND p.is_active = {true}
            AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = 1)""",
        f"""INSERT INTO excluded (run_id, customer_id, reason)
          SELECT {run.id}, customer_id, reason FROM sorted_out WHERE reason <> 0""",
        f"""INSERT INTO waterfall_step (run_id, reason, customers)
          SELECT {run.id}, reason, count(*) FROM sorted_out WHERE reason <> 0 GROUP BY reason""",
        f"""UPDATE run SET status = 2, selected_at = {now}, version = version + 1,
          population = (SELECT count(*) FROM sorted_out) WHERE id = {run.id}""",
        "DROP TABLE sorted_out",
        _outbox(
            dialect,
            run,
            "CustomerRelationshipManagement/ConfirmationWanted",
            "'person', p.staff_no",
            f"candidate d JOIN customer c ON c.id = d.customer_id JOIN person p"
            f" ON p.id = d.confirmer_id WHERE d.run_id = {run.id} AND d.confirmation = 1",
        ),
    ]


def _outbox(dialect, run, type_, more, rows):
    build = "json_object" if dialect == "sqlite" else "jsonb_build_object"
    number = "0" if dialect == "sqlite" else "pg_current_xact_id()::text::bigint"
    return f"""INSERT INTO outbox (entry_id, at, transaction_no, type, subject, payload)
      SELECT (SELECT max(id) FROM journal_entry), {moment_of(dialect, NOW)}, {number}, '{type_}',
        'customer:' || c.customer_no,
        {build}('run', '{run.code}', 'campaign', 'SAVE', 'customer', c.customer_no, {more})
      FROM {rows}"""


def launch(session, run: Run) -> list[str]:
    """Return the statements that launch a run whose candidates are confirmed."""
    dialect = session.get_bind().dialect.name
    now, due = moment_of(dialect, NOW), moment_of(dialect, NOW + timedelta(days=14, hours=8))
    until = moment_of(dialect, NOW + timedelta(days=60))
    true, false = ("1", "0") if dialect == "sqlite" else ("true", "false")
    design = session.get_one(Design, run.design_id)
    campaign = session.get_one(Campaign, design.campaign_id)
    stage = f"(SELECT id FROM stage WHERE design_id = {design.id})"
    willing = f"""s.is_active = {true} AND NOT s.do_not_contact = {true}
      AND NOT (s.indicators & {IndicatorKind.DISTRESS.bit} <> 0 AND EXISTS (SELECT 1
        FROM indicator i WHERE i.customer_id = s.customer_id AND i.kind = 3
        AND i.cleared_at IS NULL AND i.valid_from <= {now}
        AND (i.valid_until IS NULL OR i.valid_until > {now})))"""
    treated = f"d.run_id = {run.id} AND d.arm > 0 AND d.confirmation = 2"
    return [
        f"""UPDATE run SET status = 3, launched_at = {now}, version = version + 1
          WHERE id = {run.id}""",
        f"""INSERT INTO activity (run_id, stage_id, campaign_id, customer_id, type, priority,
            status, branch_id, person_id, activity_on, ends_on, due_at, attempts, is_completed,
            created_at, version)
          SELECT {run.id}, {stage}, {campaign.id}, d.customer_id, 1, 2,
            CASE WHEN p.id IS NULL THEN 0 ELSE 1 END, s.branch_id, p.id, '2026-03-02', '2026-03-16',
            {due}, 0, {false}, {now}, 1
          FROM candidate d JOIN customer_state s ON s.customer_id = d.customer_id
          LEFT JOIN person p ON p.id = s.manager_id AND p.unit_id = s.branch_id
            AND p.is_active = {true}
            AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = 1)
          WHERE {treated} AND {willing} AND s.consents & {Medium.PHONE.bit} <> 0""",
        f"""INSERT INTO activity_change
            (activity_id, at, verb, to_status, to_person_id, to_branch_id)
          SELECT id, {now}, 'generate', status, person_id, branch_id FROM activity
          WHERE run_id = {run.id} AND status IN (0, 1, 2)""",
        f"""UPDATE candidate SET assigned_at = {now} WHERE run_id = {run.id} AND customer_id IN
          (SELECT customer_id FROM activity WHERE run_id = {run.id} AND status = 1)""",
        f"""INSERT INTO run_stage (run_id, stage_id, made_at, made)
          SELECT {run.id}, {stage}, {now}, count(*) FROM activity
          WHERE run_id = {run.id} AND status IN (0, 1, 2)""",
        f"""INSERT INTO indicator (customer_id, kind, reference, valid_from, valid_until)
          SELECT d.customer_id, 1, 'run:{run.id}', {now}, {until} FROM candidate d
          JOIN customer_state s ON s.customer_id = d.customer_id WHERE {treated} AND {willing}""",
        _outbox(
            dialect,
            run,
            "PartyRoutingProfile/IndicatorSet",
            "'indicator', 'campaign candidate', 'valid_from', '2026-03-02T09:00:00+00:00',"
            " 'valid_until', '2026-05-02T00:00:00+01:00'",
            f"indicator i JOIN customer c ON c.id = i.customer_id"
            f" WHERE i.reference = 'run:{run.id}' AND i.cleared_at IS NULL",
        ),
        f"""UPDATE customer_state SET pending = pending + 1,
            indicators = indicators | {IndicatorKind.CAMPAIGN_CANDIDATE.bit}
          FROM activity a WHERE a.customer_id = customer_state.customer_id
            AND a.run_id = {run.id} AND a.status IN (0, 1, 2)""",
    ]
