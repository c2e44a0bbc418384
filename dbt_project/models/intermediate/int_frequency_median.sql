{#
    The median length of stays after Kaplan and Meier: of those that have lasted so long, the share that goes on, month by
    month. A stay that is still open is among those as long as it is known to last, and ends none of them.
#}
{%- set cell = 'month_number, definition_number, division_number' -%}
with

month as (
    select {{ month_number('as_of') }} as month_number
    from {{ ref('int_counting_month') }}
),

lasted as (
    select
        month.month_number,
        duration.definition_number,
        duration.division_number,
        case
            when duration.seen_month <= month.month_number then duration.lasted_months
            else month.month_number - duration.begun_month
        end as lasted_months,
        cast(sum(duration.stays) as integer) as stays,
        cast(sum(
            case when duration.seen_month <= month.month_number and duration.is_ended then duration.stays else 0 end
        ) as integer) as ended
    from {{ ref('int_frequency_duration') }} as duration
    inner join month
        on
            duration.from_month <= month.month_number
            and duration.to_month > month.month_number
    group by all
),

at_risk as (
    select
        *,
        sum(stays) over (
            partition by {{ cell }}
            order by lasted_months
            rows between current row and unbounded following
        ) as still_there
    from lasted
),

-- only where a stay ended does the share that goes on fall
survival as (
    select
        {{ cell }},
        lasted_months,
        sum(case when ended < still_there then ln(1.0 - ended / still_there) else -99 end) over (
            partition by {{ cell }}
            order by lasted_months
            rows between unbounded preceding and current row
        ) as log_share
    from at_risk
    where ended > 0
),

median as (
    select
        {{ cell }},
        -- half of them or fewer go on; a hair above half is rounding
        min(lasted_months) as median_months
    from survival
    where log_share <= ln(0.5) + 1e-9
    group by {{ cell }}
),

measured as (
    select
        {{ cell }},
        sum(stays) as stays
    from lasted
    group by {{ cell }}
)

select
    measured.month_number,
    measured.definition_number,
    measured.division_number,
    median.median_months,
    measured.stays
from measured
left join median
    on
        measured.month_number = median.month_number
        and measured.definition_number = median.definition_number
        and measured.division_number = median.division_number
