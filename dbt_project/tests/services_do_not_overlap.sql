-- A sender says one thing of a person's service at a time.
with followed as (
    select
        *,
        lead(from_date) over sender as next_from_date,
        lead(first_reported) over sender as next_first_reported
    from {{ ref('service') }}
    where {{ is_touched() }}
    window sender as (
        partition by person_key, service_code, form_id, unit_code, stay_id
        order by first_reported
    )
)

select *
from followed
where
    from_date > first_reported
    or first_reported > last_reported
    or to_date < from_date
    or next_first_reported <= last_reported
    or next_from_date <= last_reported
    or (next_from_date is not null and coalesce(to_date > next_from_date, true))
