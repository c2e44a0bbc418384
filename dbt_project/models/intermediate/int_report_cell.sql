{#
    What a report counts, in the terms of a question to the records: of whom, seen from where, on which day. An end of a
    flow without a column is the row's own unit. A table of distances names neither end: there the bands say whether its
    total is of people who came or of people who went.
#}
with

counted as (
    select
        cell.file_id,
        cell.sheet,
        cell.row_number,
        cell.form_id,
        file.unit_code as sender_code,
        cell.cell_unit_code,
        file.period,
        file.reported_on,
        case when cell.origin_code = cell.unit_code then cell.cell_unit_code else cell.origin_code end as origin_code,
        case when cell.dest_code = cell.unit_code then cell.cell_unit_code else cell.dest_code end as dest_code,
        cell.category,
        cell.item,
        max(cell.persons) as persons
    from {{ ref('stg_report_cell') }} as cell
    inner join {{ ref('int_current_file') }} as file on cell.file_id = file.file_id
    group by all
),

directed as (
    select
        counted.*,
        item.definition_id,
        item.sex,
        item.min_duration,
        item.max_duration,
        item.beyond_level,
        item.within_level,
        item.dwelling,
        case
            when item.origin_kind like '%urban' then 'urban'
            when item.origin_kind like '%county' then 'county'
        end as origin_area,
        case
            when item.direction = 'flow' and counted.origin_code = counted.dest_code
                then max(case when item.direction in ('in', 'out') then item.direction end) over (
                    partition by counted.file_id, counted.sheet, counted.row_number
                )
            else item.direction
        end as direction,
        item.age_min,
        item.age_max
    from counted
    inner join {{ ref('stg_form_item') }} as item
        on
            counted.form_id = item.form_id
            and counted.item = item.item
),

-- the two ends that the counted people have in common; null: any. Of a flow both must be known: 外省 is no place. The
-- records know everybody only where one of the ends lies at home.
placed as (
    select
        * replace (
            case direction when 'out' then cell_unit_code when 'flow' then origin_code end as origin_code,
            case direction when 'in' then cell_unit_code when 'flow' then dest_code end as dest_code
        )
    from directed
),

home as (
    select distinct place_code
    from {{ ref('int_counting_home') }}
)

select
    placed.*,
    unit.level as unit_level,
    unit.township_key,
    origin.level as origin_level,
    destination.level as dest_level,
    case
        when
            placed.definition_id is not null
            and (
                placed.direction in ('in', 'out')
                or placed.direction = 'flow' and placed.origin_code is not null and placed.dest_code is not null
            )
            and (
                placed.origin_code in (select home.place_code from home)
                or placed.dest_code in (select home.place_code from home)
            )
            then {{ asked_definition_id('placed', 'placed.min_duration') }}
    end as asked_id,
    case
        when placed.definition_id is not null and placed.max_duration is not null
            then {{ asked_definition_id('placed', 'placed.max_duration') }}
    end as beyond_id
from placed
{{ join_place('unit', 'placed.cell_unit_code', 'placed.reported_on', ref('int_counting_place')) }}
{{ join_place('origin', 'placed.origin_code', 'placed.reported_on', ref('int_counting_place')) }}
{{ join_place('destination', 'placed.dest_code', 'placed.reported_on', ref('int_counting_place')) }}
