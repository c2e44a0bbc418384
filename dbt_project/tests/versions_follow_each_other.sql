-- Versions of a stay do not overlap in recorded time, and only the last of them may stand.
with followed as (
    select
        stay_id,
        recorded_from,
        recorded_from_snapshot,
        recorded_to,
        recorded_to_snapshot,
        lead(recorded_from_snapshot) over (
            partition by stay_id
            order by recorded_from_snapshot
        ) as next_snapshot
    from {{ ref('stay_version') }}
    where {{ is_touched() }}
)

select *
from followed
where
    recorded_to < recorded_from
    or recorded_to_snapshot <= recorded_from_snapshot
    or (recorded_to is null) != (recorded_to_snapshot is null)
    or (next_snapshot is not null and coalesce(recorded_to_snapshot > next_snapshot, true))
