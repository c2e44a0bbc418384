{#
    What a report says of the registered people of a place as a whole. A row for all ages says it; where there is none,
    the bands of age are added up if they follow each other without gap from birth on. Where only the sexes are told
    apart, both together are the whole.
#}
with

cell as (
    select
        cell.file_id,
        cell.cell_unit_code as place_code,
        file.unit_code,
        file.period,
        file.reported_on,
        item.sex,
        cell.persons,
        coalesce(cell.category, 'ALL') = 'ALL' as is_all_ages,
        try_cast(regexp_extract(cell.category, '^([0-9]+)', 1) as integer) as age_from,
        try_cast(regexp_extract(cell.category, '-([0-9]+)$', 1) as integer) as age_to
    from {{ ref('stg_report_cell') }} as cell
    inner join {{ ref('int_current_file') }} as file on cell.file_id = file.file_id
    inner join {{ ref('stg_form_item') }} as item
        on
            cell.form_id = item.form_id
            and cell.item = item.item
    where item.is_registered and item.age_min is null and item.age_max is null
),

of_sex as (
    select
        file_id,
        place_code,
        unit_code,
        period,
        reported_on,
        sex,
        case
            when bool_or(is_all_ages) then sum(persons) filter (where is_all_ages)
            when
                min(age_from) = 0
                and count(*) filter (where age_to is null) = 1
                and sum(age_to - age_from + 1) = max(age_from) filter (where age_to is null)
                then sum(persons)
        end as persons
    from cell
    group by file_id, place_code, unit_code, period, reported_on, sex
),

of_file as (
    select
        file_id,
        place_code,
        unit_code,
        period,
        reported_on,
        cast(coalesce(
            max(persons) filter (where sex is null),
            case when count(persons) filter (where sex in ('1', '2')) = 2 then sum(persons) end
        ) as bigint) as persons
    from of_sex
    group by file_id, place_code, unit_code, period, reported_on
),

-- of several reports of one day the latest period counts, then that of the unit nearest to the place
of_day as (
    select
        place_code,
        reported_on,
        max_by(persons, period || unit_code || file_id) as persons,
        max(period) as period,
        cast(count(distinct persons) > 1 as integer) as contradictions
    from of_file
    where persons is not null
    group by place_code, reported_on
)

select
    place_code,
    reported_on as known_from,
    lead(reported_on, 1, {{ end_of_time() }}) over (partition by place_code order by reported_on) as known_to,
    persons,
    period,
    contradictions
from of_day
