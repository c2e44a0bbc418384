{{ config(materialized='view') }}
with

stay_at_month_end as (
    {{ stays_at_month_ends(
        ['stay.stay_id', is_counted('counting', 'month.as_of') ~ ' as is_counted'],
        ref('ref_definition'),
        "definition.direction = 'resident'"
    ) }}
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
