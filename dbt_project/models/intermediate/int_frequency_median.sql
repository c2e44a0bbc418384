{#
    The median length of stays after Kaplan and Meier: of those that have lasted so long, the share that goes on, month by
    month. A stay that is still open is among those as long as it is known to last, and ends none of them.
#}
{%- set cell = 'as_of, definition_id, direction, level, division_code' -%}
with

placed as (
    select
        duration.as_of,
        duration.definition_id,
        duration.direction,
        home.level,
        home.division_code,
        duration.lasted_months,
        sum(duration.stays) as stays,
        sum(duration.ended) as ended
    from {{ ref('int_frequency_duration') }} as duration
    inner join {{ ref('int_counting_home') }} as home
        on
            duration.area_code = home.place_code
            and duration.as_of >= home.known_from
            and duration.as_of < home.known_to
    where duration.level is null
    group by all
    union all
    select
        as_of,
        definition_id,
        direction,
        level,
        area_code as division_code,
        lasted_months,
        stays,
        ended
    from {{ ref('int_frequency_duration') }}
    where level is not null
),

lasted as (
    select
        {{ cell }},
        lasted_months,
        sum(stays) as stays,
        sum(ended) as ended
    from placed
    group by {{ cell }}, lasted_months
),

at_risk as (
    select
        *,
        sum(stays) over (
            partition by {{ cell }}
            order by lasted_months desc
            rows between unbounded preceding and current row
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
    measured.as_of,
    measured.definition_id,
    measured.direction,
    measured.level,
    measured.division_code,
    median.median_months,
    measured.stays
from measured
left join median
    on
        measured.as_of = median.as_of
        and measured.definition_id = median.definition_id
        and measured.direction = median.direction
        and measured.level = median.level
        and measured.division_code = median.division_code
