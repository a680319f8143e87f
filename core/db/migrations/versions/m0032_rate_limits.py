"""PostgreSQL counts what its processes send to a provider, so that limits per minute hold for all of them together.

What was sent is counted in buckets of time, by the clock of the database. A function asks and counts in one round trip:
the row of the limit is locked first, and each statement of a function sees what was committed before it began.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE rate_limits (id text PRIMARY KEY, paused_until timestamptz NOT NULL DEFAULT 'epoch')",
    """CREATE TABLE rate_buckets (limit_id text NOT NULL, bucket bigint NOT NULL, requests bigint NOT NULL,
    tokens bigint NOT NULL, PRIMARY KEY (limit_id, bucket))""",
    # granted: how many of the wanted calls may be sent, in their order; wait_s: when to ask for the next one;
    # pause_s: how long nobody may send. A limit that is NULL does not hold. A call that is larger than the limit of
    # tokens is granted when nothing else was sent. Buckets of the future are from before the clock was set back.
    """CREATE FUNCTION rate_limit_take(limiter text, most_requests bigint, most_tokens bigint, wanted bigint[],
    window_s double precision, bucket_s double precision,
    OUT granted bigint, OUT wait_s double precision, OUT pause_s double precision)
    LANGUAGE plpgsql AS $$
    DECLARE
        kept bigint := ceil(window_s / bucket_s); -- full buckets that lie in a window
        now_s double precision; this bigint; oldest bigint; tokens_of_call bigint; taken bigint := 0; is_first boolean;
    BEGIN
        granted := 0; wait_s := 0;
        INSERT INTO rate_limits (id) VALUES (limiter) ON CONFLICT DO NOTHING;
        PERFORM FROM rate_limits WHERE id = limiter FOR UPDATE;
        now_s := extract(epoch FROM clock_timestamp()); this := floor(now_s / bucket_s);
        SELECT greatest(extract(epoch FROM paused_until) - now_s, 0) INTO pause_s FROM rate_limits WHERE id = limiter;
        IF pause_s > 0 THEN RETURN; END IF;
        DELETE FROM rate_buckets WHERE limit_id = limiter AND abs(bucket - this) > kept;
        SELECT most_requests - coalesce(sum(requests), 0), most_tokens - coalesce(sum(tokens), 0), min(bucket)
            INTO most_requests, most_tokens, oldest FROM rate_buckets WHERE limit_id = limiter;
        is_first := oldest IS NULL;
        FOREACH tokens_of_call IN ARRAY wanted LOOP
            EXIT WHEN most_requests - granted < 1 OR (most_tokens - taken < tokens_of_call AND NOT is_first);
            granted := granted + 1; taken := taken + tokens_of_call; is_first := false;
        END LOOP;
        IF granted > 0 THEN
            INSERT INTO rate_buckets AS counted VALUES (limiter, this, granted, taken) ON CONFLICT (limit_id, bucket)
            DO UPDATE SET requests = counted.requests + excluded.requests, tokens = counted.tokens + excluded.tokens;
        END IF;
        IF granted < cardinality(wanted) THEN
            wait_s := (coalesce(oldest, this) + kept + 1) * bucket_s - now_s;
        END IF;
    END $$""",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
