{{ config(materialized='view') }}
with

stay_at_month_end as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            month.as_of,
            counting.definition_id,
            '{{ direction }}' as direction,
            home.level,
            home.division_code,
            stay.stay_id,
            {{ is_counted('counting', 'month.as_of') }} as is_counted
        from {{ ref('int_counting_month') }} as month
        inner join {{ ref('int_counting_interval') }} as counting
            on month.as_of >= counting.possible_from and month.as_of < counting.possible_to
        inner join {{ ref('ref_definition') }} as definition
            on counting.definition_id = definition.definition_id
        inner join {{ ref('int_counting_stay') }} as stay
            on counting.part_number = stay.part_number
        inner join {{ ref('int_counting_home') }} as home
            on
                stay.{{ place }} = home.place_code
                and month.as_of >= home.known_from
                and month.as_of < home.known_to
        where definition.direction = 'resident'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

registered as (
    select
        month.*,
        month.day as as_of,
        definition.definition_id
    from {{ ref('int_hukou_month') }} as month
    cross join {{ ref('ref_definition') }} as definition
    where definition.direction = 'resident'
)

{{ residents_of('stay_at_month_end', 'registered') }}
