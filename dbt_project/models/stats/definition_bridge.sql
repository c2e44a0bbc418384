{#
    The bridge for every pair of definitions, month end, direction and level, worked out for what is asked: so ask with
    literals. The tables that it reads stand in bridge_of by their names in the warehouse file.
#}
-- depends_on: {{ ref('int_counting_stay') }}, {{ ref('int_counting_home') }}, {{ ref('int_known_interval') }}
-- depends_on: {{ ref('int_service_span') }}, {{ ref('int_service_answer') }}, {{ ref('stay_sender') }}
-- depends_on: {{ ref('ref_definition') }}
{{ config(materialized='view') }}
{%- set asked %}
    select
        definition_a.definition_id as from_definition,
        definition_b.definition_id as to_definition,
        month.as_of as day,
        side.direction,
        tier.level
{%- endset %}
select
    month.as_of,
    side.direction,
    tier.level,
    bridge.division_code,
    definition_a.definition_id as from_definition,
    definition_b.definition_id as to_definition,
    bridge.* exclude (as_of, direction, level, division_code, from_definition, to_definition)
from {{ ref('int_counting_definition') }} as definition_a
cross join {{ ref('int_counting_definition') }} as definition_b
cross join {{ ref('int_counting_month') }} as month
cross join (select unnest(['in', 'out']) as direction) as side
cross join (select unnest({{ levels() }}) as level) as tier
cross join lateral (
    {{ bridge_of(asked, 'month.as_of') }}
) as bridge
