-- The register says one thing of a code on a day.
with followed as (
    select
        code,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by code order by valid_from) as next_from
    from {{ ref('division') }}
)

select *
from followed
where next_from < coalesce(valid_to, date '9999-12-31')
