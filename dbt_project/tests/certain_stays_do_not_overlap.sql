-- A person is certainly at one place at a time: one person once.
with certain as (
    select
        stay_id,
        person_key,
        coalesce(arrived_date, arrived_before) as from_date,
        case
            when end_kind is null then date '9999-12-31'
            when ended_date is not null then ended_date
            else cast({{ dbt.dateadd('day', 1, 'ended_after') }} as date)
        end as to_date
    from {{ ref('stay') }}
    where {{ is_touched() }}
),

followed as (
    select
        *,
        lead(from_date) over (partition by person_key order by from_date, to_date) as next_from_date
    from certain
    where from_date < to_date
)

select *
from followed
where next_from_date < to_date
