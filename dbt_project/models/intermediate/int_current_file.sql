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

slip as (
    select
        t.file_id,
        t.is_taken,
        t.corrects_file_id
    from taken as t
    inner join taken as corrected on t.corrects_file_id = corrected.file_id
),

corrected_file as (
    select distinct corrects_file_id as file_id
    from slip
),

chain as (
    select
        t.file_id,
        case when t.is_taken then t.file_id end as first_file_id
    from taken as t
    inner join corrected_file as corrected on t.file_id = corrected.file_id
    left join slip as s on t.file_id = s.file_id
    where s.file_id is null
    union all
    select
        s.file_id,
        coalesce(c.first_file_id, case when s.is_taken then s.file_id end) as first_file_id
    from chain as c
    inner join slip as s on c.file_id = s.corrects_file_id
),

dated as (
    select
        t.file_id,
        t.form_id,
        t.unit_code,
        case when c.file_id is null then t.period else f.period end as period,
        case when c.file_id is null then t.reported_on else f.reported_on end as reported_on,
        case when c.file_id is null then t.list_kind else f.list_kind end as list_kind
    from taken as t
    left join chain as c on t.file_id = c.file_id
    left join taken as f on c.first_file_id = f.file_id
    where t.is_taken
),

ranked as (
    select
        *,
        rank() over (
            partition by form_id, unit_code, period, list_kind
            order by reported_on desc
        ) as age
    from dated
    where reported_on is not null
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
