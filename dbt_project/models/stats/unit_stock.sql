{{ config(materialized='view') }}
with

stay_at_month_end as (
    {{ stays_at_month_ends(
        ['stay.stay_id', is_counted('counting', 'month.as_of') ~ ' as is_counted'],
        ref('ref_definition'),
        "definition.unit != 'person'"
    ) }}
)

{{ entries_of('stay_at_month_end', ref('ref_definition'), ref('stay_sender'), ref('int_service_answer')) }}
having units + units_unknown > 0
