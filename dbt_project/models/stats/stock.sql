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
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            month.as_of,
            counting.definition_id,
            '{{ direction }}' as direction,
            home.level,
            home.division_code,
            stay.sex,
            stay.reason_code,
            {{ completed_months('stay.birth_date', 'month.as_of') }} // 12 as age_years,
            case definition.clock
                when 'left_hukou' then {{ completed_months('stay.left_hukou_date', 'month.as_of') }}
                else {{ completed_months('stay.arrived_date', 'month.as_of') }}
            end as duration_months,
            {{ is_counted('counting', 'month.as_of') }} as is_counted
        from {{ ref('int_counting_month') }} as month
        inner join {{ ref('int_counting_interval') }} as counting
            on month.as_of >= counting.possible_from and month.as_of < counting.possible_to
        inner join {{ ref('int_counting_definition') }} as definition
            on counting.definition_id = definition.definition_id
        inner join {{ ref('int_counting_stay') }} as stay
            on counting.part_number = stay.part_number
        inner join {{ ref('int_counting_home') }} as home
            on
                stay.{{ place }} = home.place_code
                and month.as_of >= home.known_from
                and month.as_of < home.known_to
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
