{#
    What reports say beside what the same definition gives on the records, and beside their own parts. It is a view, so
    that a night does not count every day on which anybody ever reported: ask for a period.
#}
{{ config(materialized='view') }}
with

interval_asked as (
    {{ intervals_of_reports() }}
),

{% set crossings %}
    {%- for level in levels() %}crosses_{{ level }}{{ ', ' if not loop.last }}{% endfor -%}
{% endset %}
asked as (
    select distinct
        period,
        reported_on,
        asked_id,
        beyond_id
    from {{ ref('int_report_cell') }}
    where asked_id is not null
),

-- how many count, or may count, on the days of the reports, who are alike in all that an item may ask; of a band of
-- durations nobody whom the next one counts
on_record as (
    select
        asked.*,
        part.origin_code as origin_place,
        part.dest_code as dest_place,
        part.sex,
        part.reason_code,
        stay.dwelling_code,
        {{ crossings }},
        count(*) filter (where {{ is_counted('counting', 'asked.reported_on') }} and beyond.part_number is null)
            as persons,
        count(*) as persons_possible
    from asked
    inner join interval_asked as counting
        on
            asked.asked_id = counting.definition_id
            and asked.reported_on >= counting.possible_from
            and asked.reported_on < counting.possible_to
    left join {{ ref('int_report_interval') }} as beyond
        on
            asked.beyond_id = beyond.definition_id
            and counting.part_number = beyond.part_number
            and asked.reported_on >= beyond.possible_from
            and asked.reported_on < beyond.possible_to
    inner join {{ ref('int_counting_stay') }} as part on counting.part_number = part.part_number
    inner join {{ ref('stay') }} as stay on part.stay_id = stay.stay_id
    where beyond.part_number is null or not {{ is_counted('beyond', 'asked.reported_on') }}
    group by all
),

-- the ends that the reports name, each at its level
seen_from as (
    select distinct
        period,
        reported_on,
        asked_id,
        beyond_id,
        direction,
        origin_level,
        dest_level
    from {{ ref('int_report_cell') }}
    where asked_id is not null
),

county as (
    select
        code,
        max_by(name, valid_from) as name
    from {{ ref('division') }}
    where level in ('city', 'county')
    group by code
),

alike as (
    select
        seen_from.*,
        case when seen_from.direction != 'in' then {{ key_at_asked_level('origin', 'seen_from.origin_level') }} end
            as origin_code,
        case when seen_from.direction != 'out' then {{ key_at_asked_level('destination', 'seen_from.dest_level') }} end
            as dest_code,
        on_record.sex,
        on_record.reason_code,
        on_record.dwelling_code,
        {{ origin_area('origin', 'county.name') }} as origin_area,
        {{ crossings }},
        sum(on_record.persons) as persons,
        sum(on_record.persons_possible) as persons_possible
    from seen_from
    inner join on_record
        on
            seen_from.period = on_record.period
            and seen_from.reported_on = on_record.reported_on
            and seen_from.asked_id = on_record.asked_id
            and seen_from.beyond_id is not distinct from on_record.beyond_id
    {{ join_place('origin', 'on_record.origin_place', 'seen_from.reported_on', ref('int_counting_place')) }}
    {{ join_place('destination', 'on_record.dest_place', 'seen_from.reported_on', ref('int_counting_place')) }}
    left join county on origin.county_key = county.code
    group by all
),

by_records as (
    select
        cell.period,
        cell.file_id,
        cell.sheet,
        cell.row_number,
        cell.item,
        cast(coalesce(sum(alike.persons) filter (where {{ is_of_item('cell', 'alike') }}), 0) as bigint) as computed,
        cast(coalesce(sum(alike.persons_possible), 0) as bigint) - computed as computed_unknown
    from {{ ref('int_report_cell') }} as cell
    left join alike
        on
            cell.period = alike.period
            and cell.reported_on = alike.reported_on
            and cell.asked_id = alike.asked_id
            and cell.beyond_id is not distinct from alike.beyond_id
            and cell.direction = alike.direction
            and cell.origin_code is not distinct from alike.origin_code
            and cell.dest_code is not distinct from alike.dest_code
            and cell.origin_level is not distinct from alike.origin_level
            and cell.dest_level is not distinct from alike.dest_level
            and {{ is_of_item('cell', 'alike') }} is distinct from false
    where cell.asked_id is not null
    group by all
),

-- parts that a sum needs, and the groups of those that may stand beside them
added_up as (
    select
        part.period,
        part.file_id,
        part.sheet,
        part.row_number,
        parts.form_id,
        parts.whole,
        parts.aspect,
        parts.sum_number,
        count(*) filter (where parts.beside_group is null) as parts_found,
        coalesce(sum(part.persons) filter (where parts.beside_group is null), 0) as in_a_row,
        coalesce(sum(part.persons) filter (where parts.beside_group = 1), 0) as beside_1,
        coalesce(sum(part.persons) filter (where parts.beside_group = 2), 0) as beside_2
    from {{ ref('int_report_cell') }} as part
    inner join {{ ref('int_report_sum') }} as parts
        on
            part.form_id = parts.form_id
            and part.item = parts.part
    group by all
),

parts_needed as (
    select
        form_id,
        sum_number,
        count(*) filter (where beside_group is null) as parts
    from {{ ref('int_report_sum') }}
    group by all
),

by_bands as (
    select
        whole.period,
        whole.file_id,
        whole.sheet,
        whole.row_number,
        whole.item,
        added_up.aspect,
        -- what may stand beside the bands or inside them is taken as the report takes it, where it does either
        cast(case
            when
                whole.persons in (
                    added_up.in_a_row,
                    added_up.in_a_row + added_up.beside_1,
                    added_up.in_a_row + added_up.beside_2
                ) then whole.persons
            else added_up.in_a_row + added_up.beside_1 + added_up.beside_2
        end as bigint) as computed,
        0 as computed_unknown
    from added_up
    inner join parts_needed
        on
            added_up.form_id = parts_needed.form_id
            and added_up.sum_number = parts_needed.sum_number
            and added_up.parts_found = parts_needed.parts
    inner join {{ ref('int_report_cell') }} as whole
        on
            added_up.period = whole.period
            and added_up.file_id = whole.file_id
            and added_up.sheet is not distinct from whole.sheet
            and added_up.row_number = whole.row_number
            and added_up.whole = whole.item
),

village_rows as (
    {{ rows_added_up(
        'township_key',
        "part.unit_level = 'village' and total.unit_level = 'township' "
        ~ "and total.category is not distinct from part.category"
    ) }}
),

-- the villages that the register has in the townships that report
villages_there as (
    select
        total.period,
        total.file_id,
        total.sheet,
        total.row_number,
        total.item,
        count(*) as villages
    from {{ ref('int_report_cell') }} as total
    inner join {{ ref('int_counting_place') }} as village
        on
            total.township_key = village.township_key
            and village.place_code = village.village_key
            and total.reported_on >= village.known_from
            and total.reported_on < village.known_to
    where total.unit_level = 'township'
    group by all
),

by_villages as (
    select
        village_rows.period,
        village_rows.file_id,
        village_rows.sheet,
        village_rows.row_number,
        village_rows.item,
        village_rows.computed,
        case when village_rows.units >= villages_there.villages then village_rows.computed_unknown end
            as computed_unknown
    from village_rows
    left join villages_there
        on
            village_rows.period = villages_there.period
            and village_rows.file_id = villages_there.file_id
            and village_rows.sheet is not distinct from villages_there.sheet
            and village_rows.row_number = villages_there.row_number
            and village_rows.item = villages_there.item
),

by_categories as (
    {{ rows_added_up('cell_unit_code', "part.category != 'ALL' and total.category = 'ALL'") }}
),

compared as (
    select
        by_records.*,
        'records' as "check",
        cast(null as varchar) as aspect
    from by_records
    union all by name
    select
        by_bands.*,
        'bands' as "check"
    from by_bands
    union all by name
    select
        by_villages.*,
        'villages' as "check",
        cast(null as varchar) as aspect
    from by_villages
    union all by name
    select
        by_categories.* exclude (units),
        'categories' as "check",
        cast(null as varchar) as aspect
    from by_categories
)

select
    cell.period,
    cell.cell_unit_code as unit_code,
    cell.item,
    cell.persons as reported,
    compared.computed,
    cell.persons - compared.computed as difference,
    cell.form_id,
    cell.category,
    case when cell.direction = 'flow' then cell.origin_code end as origin_code,
    case when cell.direction = 'flow' then cell.dest_code end as dest_code,
    compared."check",
    compared.aspect,
    case when compared."check" = 'records' then cell.definition_id end as definition_id,
    cell.reported_on,
    compared.computed_unknown,
    case
        when cell.persons <= compared.computed then false
        when compared.computed_unknown is not null
            then cell.persons <= compared.computed + compared.computed_unknown
    end as within_unknown,
    cell.file_id,
    cell.sheet,
    cell.row_number
from compared
inner join {{ ref('int_report_cell') }} as cell
    on
        compared.period = cell.period
        and compared.file_id = cell.file_id
        and compared.sheet is not distinct from cell.sheet
        and compared.row_number = cell.row_number
        and compared.item = cell.item
