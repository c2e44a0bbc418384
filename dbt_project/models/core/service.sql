{{ per_person() }}

{%- set sender = 'person_key, service_code, form_id, unit_code, stay_id' -%}
{#- what names a service goes before what implies it; where lists of one day contradict each other, yes goes first -#}
{%- set best = order_key(['-rank', 'status']) -%}
with answer as (
    select
        {{ sender }},
        reported_on,
        max_by(status, {{ best }}) as status,
        min(first_day) as first_day,
        max(last_day) as last_day
    from {{ ref('int_service_claim') }}
    group by {{ sender }}, reported_on
),

detailed as (
    select
        a.person_key,
        a.service_code,
        a.form_id,
        a.unit_code,
        a.stay_id,
        a.reported_on,
        a.status,
        case when a.status = 'yes' then a.first_day end as first_day,
        case when a.status = 'yes' then a.last_day end as last_day,
        min_by(c.detail_code, {{ order_key(['c.rank', 'c.detail_code']) }})
        filter (where c.detail_code is not null) as detail_code,
        min_by(c.file_id, {{ order_key(['c.rank', 'c.file_id', 'c.sheet', 'c.row_number']) }}) as file_id,
        min_by(c.sheet, {{ order_key(['c.rank', 'c.file_id', 'c.sheet', 'c.row_number']) }}) as sheet,
        min_by(c.row_number, {{ order_key(['c.rank', 'c.file_id', 'c.sheet', 'c.row_number']) }}) as row_number
    from answer as a
    inner join {{ ref('int_service_claim') }} as c
        on
            a.person_key = c.person_key
            and a.service_code = c.service_code
            and a.form_id = c.form_id
            and a.unit_code = c.unit_code
            and a.stay_id = c.stay_id
            and a.reported_on = c.reported_on
            and a.status = c.status
    group by all
),

followed as (
    select
        *,
        lag(status) over sender as previous_status,
        lag(detail_code) over sender as previous_detail_code
    from detailed
    window sender as (partition by {{ sender }} order by reported_on)
),

numbered as (
    select
        *,
        sum(
            case
                when status is distinct from previous_status then 1
                when detail_code is distinct from previous_detail_code then 1
                else 0
            end
        ) over (
            partition by {{ sender }}
            order by reported_on
            rows between unbounded preceding and current row
        ) as run_number
    from followed
),

run as (
    select
        {{ sender }},
        run_number,
        min(status) as status,
        min(detail_code) as detail_code,
        min(reported_on) as first_reported,
        max(reported_on) as last_reported,
        count(*) as reports,
        min(first_day) as first_day,
        max_by(last_day, reported_on) filter (where last_day is not null) as last_day,
        max_by(file_id, reported_on) as file_id,
        max_by(sheet, reported_on) as sheet,
        max_by(row_number, reported_on) as row_number
    from numbered
    group by {{ sender }}, run_number
),

begun as (
    select
        *,
        case
            when first_day < first_reported
                then greatest(first_day, {{ plus_days('lag(last_reported) over sender', '1') }})
            else first_reported
        end as from_date
    from run
    window sender as (partition by {{ sender }} order by run_number)
),

ended as (
    select
        *,
        lead(from_date) over sender as next_from_date,
        -- a permit that had run out when it was reported holds on no day
        {{ not_before(plus_days('last_day', '1'), 'from_date') }} as day_after
    from begun
    window sender as (partition by {{ sender }} order by run_number)
)

select
    person_key,
    service_code,
    from_date,
    least(next_from_date, day_after) as to_date,
    status,
    detail_code,
    form_id,
    unit_code,
    stay_id,
    first_reported,
    last_reported,
    reports,
    file_id,
    sheet,
    row_number
from ended
