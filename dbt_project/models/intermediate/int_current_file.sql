{#
    A newer full list of a form, unit and month replaces the older ones; lists of one date stand together. A list of
    changes replaces nothing, because it says nothing about whom it does not name.
#}
with ranked as (
    select
        file_id,
        form_id,
        unit_code,
        period,
        reported_on,
        list_kind,
        rank() over (
            partition by form_id, unit_code, period, list_kind
            order by reported_on desc
        ) as age
    from {{ ref('stg_file') }}
    where
        status in ('accepted', 'partly_returned')
        and reported_on is not null
)

select
    file_id,
    form_id,
    unit_code,
    period,
    reported_on,
    list_kind
from ranked
where age = 1 or list_kind <> 'full'
