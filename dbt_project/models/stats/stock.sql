{{ config(materialized='view') }}
with

age as (
    select
        age_band,
        unnest(range(age_from, age_to + 1)) as years
    from {{ ref('age_band') }}
),

duration as (
    select
        duration_band,
        unnest(range(months_from, months_to + 1)) as months
    from {{ ref('duration_band') }}
),

at_month_end as (
    {{ stays_at_month_ends([
        'stay.sex',
        'stay.reason_code',
        completed_months('stay.birth_date', 'month.as_of') ~ ' // 12 as age_years',
        "case definition.clock when 'left_hukou' then " ~ completed_months('stay.left_hukou_date', 'month.as_of')
        ~ ' else ' ~ completed_months('stay.arrived_date', 'month.as_of') ~ ' end as duration_months',
        is_counted('counting', 'month.as_of') ~ ' as is_counted',
    ], ref('int_counting_definition')) }}
)

select
    at_month_end.as_of,
    at_month_end.definition_id,
    at_month_end.direction,
    at_month_end.level,
    at_month_end.division_code,
    coalesce(at_month_end.sex, '9') as sex,
    coalesce(age.age_band, 'unknown') as age_band,
    coalesce(at_month_end.reason_code, 'UNKNOWN') as reason_code,
    coalesce(duration.duration_band, 'unknown') as duration_band,
    count(*) filter (where at_month_end.is_counted) as persons,
    count(*) filter (where not at_month_end.is_counted) as persons_unknown
from at_month_end
left join age on at_month_end.age_years = age.years
left join duration on at_month_end.duration_months = duration.months
group by all
