{#
    A cancellation as a mistake takes back itself and what the form and unit said of the person at that place before,
    since the last end that it said and the start that the cancellation claims. Where another row of the same date shows
    the person at that place, only the row itself was one too many.
#}
with mistaken_person as (
    select distinct person_key
    from {{ ref('int_claim') }}
    where end_code = 'MISTAKE'
),

suspected as (
    select
        c.*,
        coalesce(c.end_code = 'MISTAKE', false) as is_cancelled,
        coalesce(
            c.list_kind = 'removed' or {{ says_gone(end_word('c.end_code')) }}
            or (c.ended_from is not null and not {{ says_doubtful(end_word('c.end_code')) }}),
            false
        ) as says_end
    from {{ ref('int_claim') }} as c
    inner join mistaken_person as m on c.person_key = m.person_key
),

cancellation as (
    select
        m.person_key,
        m.form_id,
        m.unit_code,
        m.side,
        m.reported_on,
        m.dest_code,
        m.dest_path,
        case m.side when 'origin' then m.left_hukou_from else m.arrived_from end as claimed_from
    from suspected as m
    where
        m.is_cancelled
        and not exists (
            select s.file_id
            from suspected as s
            where
                s.person_key = m.person_key
                and s.form_id = m.form_id
                and s.unit_code = m.unit_code
                and s.side = m.side
                and s.reported_on = m.reported_on
                and not s.is_cancelled
                and {{ compatible_places('s.dest_code', 's.dest_path', 'm.dest_code', 'm.dest_path') }}
        )
),

ends as (
    select distinct
        person_key,
        form_id,
        unit_code,
        side,
        reported_on
    from suspected
    where says_end and not is_cancelled
),

taken_back as (
    select
        s.file_id,
        s.sheet,
        s.row_number
    from suspected as s
    inner join cancellation as m
        on
            s.person_key = m.person_key
            and s.form_id = m.form_id
            and s.unit_code = m.unit_code
            and s.side = m.side
            and s.reported_on < m.reported_on
    where
        not s.is_cancelled
        and coalesce(s.reported_on >= m.claimed_from, true)
        and {{ compatible_places('s.dest_code', 's.dest_path', 'm.dest_code', 'm.dest_path') }}
        and not exists (
            select e.person_key
            from ends as e
            where
                e.person_key = s.person_key
                and e.form_id = s.form_id
                and e.unit_code = s.unit_code
                and e.side = s.side
                and e.reported_on >= s.reported_on
                and e.reported_on < m.reported_on
        )
    union
    select
        file_id,
        sheet,
        row_number
    from suspected
    where is_cancelled
)

select
    s.file_id,
    s.sheet,
    s.row_number,
    s.person_key,
    s.reported_on,
    md5(concat_ws('|', 'mistaken', s.person_key, s.form_id, s.unit_code, s.side, s.dest_code)) as stay_id
from suspected as s
inner join taken_back as t
    on
        s.file_id = t.file_id
        and s.sheet = t.sheet
        and s.row_number = t.row_number
