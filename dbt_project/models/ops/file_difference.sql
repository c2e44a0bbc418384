{#
    Versions follow each other by report date, then as they were received. A row says again what a row of the version
    before says of the same person, or, in counts, of the same places.
#}
with followed as (
    select
        file_id,
        lag(file_id) over (
            partition by form_id, unit_code, period, list_kind
            order by reported_on, received_at, file_id
        ) as previous_file_id
    from {{ ref('stg_file') }}
    where
        status in ('accepted', 'partly_returned')
        and form_id is not null
        and unit_code is not null
        and period is not null
),

version as (
    select
        file_id,
        previous_file_id
    from followed
    where previous_file_id is not null
),

said as (
    select
        file_id,
        person_mark,
        content_mark,
        count(*) as marked_rows
    from {{ ref('stg_row_mark') }}
    group by file_id, person_mark, content_mark
),

known_person as (
    select distinct
        file_id,
        person_mark
    from said
),

arrived as (
    select
        v.file_id,
        sum(case when same.file_id is not null then n.marked_rows else 0 end) as rows_same,
        sum(case when same.file_id is null and known.file_id is not null then n.marked_rows else 0 end) as rows_changed,
        sum(case when known.file_id is null then n.marked_rows else 0 end) as rows_added
    from version as v
    inner join said as n on v.file_id = n.file_id
    left join said as same
        on
            v.previous_file_id = same.file_id
            and n.person_mark = same.person_mark
            and n.content_mark = same.content_mark
    left join known_person as known
        on
            v.previous_file_id = known.file_id
            and n.person_mark = known.person_mark
    group by v.file_id
),

gone as (
    select
        v.file_id,
        sum(p.marked_rows) as rows_removed
    from version as v
    inner join said as p on v.previous_file_id = p.file_id
    left join known_person as known
        on
            v.file_id = known.file_id
            and p.person_mark = known.person_mark
    where known.file_id is null
    group by v.file_id
)

select
    v.file_id,
    v.previous_file_id,
    cast(coalesce(a.rows_same, 0) as bigint) as rows_same,
    cast(coalesce(a.rows_changed, 0) as bigint) as rows_changed,
    cast(coalesce(a.rows_added, 0) as bigint) as rows_added,
    cast(coalesce(g.rows_removed, 0) as bigint) as rows_removed
from version as v
left join arrived as a on v.file_id = a.file_id
left join gone as g on v.file_id = g.file_id
