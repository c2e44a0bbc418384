{#
    How long the stays that count in the twelve months to a month end have lasted by then, in completed months, each until
    it ended or, as long as nothing says that it has, until it was last seen.
#}
{%- set area = 'definition_id, direction, level, area_code' -%}
with

month as (
    select
        as_of,
        {{ month_number('as_of') }} as month_number
    from {{ ref('int_counting_month') }}
),

counted as (
    select
        counting.definition_id,
        side.direction,
        side.level,
        side.area_code,
        side.begun_month,
        side.seen_month,
        side.lasted_months,
        side.is_ended,
        greatest({{ month_number('counting.certain_from') }}, side.from_month) as from_month,
        least({{ forgotten_in('counting.certain_to - 1') }}, side.to_month) as to_month,
        count(*) as stays
    from {{ ref('int_counting_interval') }} as counting
    inner join {{ ref('ref_definition') }} as definition on counting.definition_id = definition.definition_id
    inner join {{ ref('int_frequency_side') }} as side
        on
            counting.part_number = side.part_number
            and definition.direction in (side.direction, 'both')
    where counting.certain_from < counting.certain_to and side.begun_month is not null
    group by all
)

select
    month.as_of,
    counted.definition_id,
    counted.direction,
    counted.level,
    counted.area_code,
    case
        when counted.seen_month <= month.month_number then counted.lasted_months
        else month.month_number - counted.begun_month
    end as lasted_months,
    sum(counted.stays) as stays,
    sum(case when counted.seen_month <= month.month_number and counted.is_ended then counted.stays else 0 end) as ended
from counted
inner join month
    on
        counted.from_month <= month.month_number
        and counted.to_month > month.month_number
group by all
