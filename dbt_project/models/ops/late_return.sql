{#
    Who reports late: the expected returns of each form and month, summed over the units of a division. A return that is
    refused as a whole has not arrived; after its due day it is missing.
#}
with unit as (
    select
        code,
        province_code,
        city_code,
        county_code,
        township_code,
        village_code,
        row_number() over (partition by code order by valid_from desc) as age
    from {{ ref('division') }}
),

-- a unit at every level from the home division down to its own
placed as (
    {% for level in levels() %}
        {% set levels_down_to_it = "'" ~ levels()[:loop.index] | join("', '") ~ "'" %}
        select
            unit.code as unit_code,
            '{{ level }}' as level,
            unit.{{ level }}_code as division_code
        from unit
        inner join {{ ref('stg_site') }} as site
            on site.home_level in ({{ levels_down_to_it }})
        where
            unit.age = 1
            and unit.{{ level }}_code is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

judged as (
    select
        expected.form_id,
        expected.unit_code,
        expected.period_end,
        expected.status,
        expected.days_late,
        expected.corrections,
        expected.status = 'arrived' and expected.days_late > 0 as is_late,
        expected.status = 'missing'
        or (expected.status = 'returned' and expected.due_on < site.run_date) as is_missing
    from {{ ref('expected_return') }} as expected
    cross join {{ ref('stg_site') }} as site
)

select
    judged.form_id,
    judged.period_end as month,
    placed.level,
    placed.division_code,
    count(*) as expected,
    count(*) filter (where judged.status = 'arrived' and not judged.is_late) as on_time,
    count(*) filter (where judged.is_late) as late,
    count(*) filter (where judged.is_missing) as missing,
    count(*) filter (where judged.status != 'arrived' and not judged.is_missing) as still_due,
    cast(median(judged.days_late) filter (where judged.is_late) as double) as median_days_late,
    cast(max(judged.days_late) filter (where judged.is_late) as bigint) as most_days_late,
    count(*) filter (where judged.corrections > 0) as corrected
from judged
inner join placed on judged.unit_code = placed.unit_code
group by judged.form_id, judged.period_end, placed.level, placed.division_code
