{#
    A newer full list of a form, unit and month replaces the older ones; lists of one date stand together. A list of
    changes replaces nothing, because it says nothing about whom it does not name. A corrected slip is one list with
    the file it corrects: it counts under the date, month and kind of the first taken file of its chain, whenever it is
    sent, so that the rows that were right stay beside it.
#}
with recursive taken as (
    select
        *,
        status in ('accepted', 'partly_returned') as is_taken
    from {{ ref('stg_file') }}
),

chain as (
    select
        t.file_id,
        case when t.is_taken then t.file_id end as first_file_id
    from taken as t
    left join taken as corrected on t.corrects_file_id = corrected.file_id
    where corrected.file_id is null
    union all
    select
        t.file_id,
        coalesce(c.first_file_id, case when t.is_taken then t.file_id end) as first_file_id
    from chain as c
    inner join taken as t on c.file_id = t.corrects_file_id
),

dated as (
    select
        t.file_id,
        t.form_id,
        t.unit_code,
        f.period,
        f.reported_on,
        f.list_kind
    from taken as t
    inner join chain as c on t.file_id = c.file_id
    inner join taken as f on c.first_file_id = f.file_id
    where t.is_taken and f.reported_on is not null
),

ranked as (
    select
        *,
        rank() over (
            partition by form_id, unit_code, period, list_kind
            order by reported_on desc
        ) as age
    from dated
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
