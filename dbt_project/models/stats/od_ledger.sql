with

dated as (
    select
        dispute.*,
        age.disputed_since,
        coalesce(age.is_open, false) as is_open,
        coalesce(age.is_current, false) as is_current
    from {{ ref('int_od_dispute') }} as dispute
    left join {{ ref('int_od_age') }} as age
        on
            dispute.period = age.period
            and dispute.origin_path = age.origin_path
            and dispute.dest_path = age.dest_path
            and dispute.item = age.item
),

division as (
    select
        code,
        level,
        row_number() over (partition by code order by valid_from desc) as choice
    from {{ ref('division') }}
)

select
    dated.period,
    {{ path_code('dated.origin_path') }} as origin_code,
    origin.level as origin_level,
    {{ path_code('dated.dest_path') }} as dest_code,
    destination.level as dest_level,
    dated.item,
    dated.by_origin,
    dated.by_destination,
    case
        when dated.standing = 'agreed' then coalesce(dated.by_origin, dated.by_destination)
    end as agreed,
    dated.by_origin - dated.by_destination as difference,
    dated.standing,
    dated.cause,
    dated.disputed_since,
    cast(date_diff('month', cast(dated.disputed_since || '-01' as date), cast(dated.period || '-01' as date)) as bigint)
        as age_months,
    dated.is_open,
    dated.is_current,
    dated.definition_id,
    {% set day = "dated.origin_reported_on >= coalesce(dated.destination_reported_on, dated.origin_reported_on)" %}
    case when {{ day }} then dated.records_on_origin_day else dated.records_on_destination_day end as by_records,
    case
        when {{ day }} then dated.possible_on_origin_day - dated.records_on_origin_day
        else dated.possible_on_destination_day - dated.records_on_destination_day
    end as by_records_unknown,
    greatest(dated.origin_reported_on, dated.destination_reported_on) as records_on,
    dated.origin_units,
    dated.origin_reported_on,
    dated.origin_coverage,
    cast(dated.origin_cells as bigint) as origin_cells,
    split_part(dated.origin_row, chr(0), 1) as origin_file_id,
    split_part(dated.origin_row, chr(0), 2) as origin_sheet,
    cast(split_part(dated.origin_row, chr(0), 3) as bigint) as origin_row_number,
    dated.destination_units,
    dated.destination_reported_on,
    dated.destination_coverage,
    cast(dated.destination_cells as bigint) as destination_cells,
    split_part(dated.destination_row, chr(0), 1) as destination_file_id,
    split_part(dated.destination_row, chr(0), 2) as destination_sheet,
    cast(split_part(dated.destination_row, chr(0), 3) as bigint) as destination_row_number
from dated
left join division as origin on {{ path_code('dated.origin_path') }} = origin.code and origin.choice = 1
left join division as destination on {{ path_code('dated.dest_path') }} = destination.code and destination.choice = 1
