-- A person has at most one open stay at a moment.
select
    person_key,
    count(*) as open_stays
from {{ ref('stay') }}
where end_kind is null and {{ is_touched() }}
group by person_key
having count(*) > 1
