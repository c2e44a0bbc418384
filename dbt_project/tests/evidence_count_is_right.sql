-- A stay counts the evidence it has, and has some.
with counted as (
    select
        stay_id,
        count(*) as evidence_count
    from {{ ref('stay_evidence') }}
    where {{ is_touched() }}
    group by stay_id
)

select
    s.stay_id,
    s.evidence_count,
    c.evidence_count as counted
from {{ ref('stay') }} as s
left join counted as c on s.stay_id = c.stay_id
where
    {{ is_touched('s.person_key') }}
    and (s.evidence_count <> coalesce(c.evidence_count, 0) or s.evidence_count = 0)
