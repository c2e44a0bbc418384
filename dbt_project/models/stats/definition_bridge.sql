{#
    The bridges of the pairs that are published, at the last month end. The tables that they read stand in bridge_of by
    their names in the warehouse file.
#}
-- depends_on: {{ ref('int_counting_stay') }}, {{ ref('int_counting_home') }}, {{ ref('int_known_interval') }}
-- depends_on: {{ ref('int_service_span') }}, {{ ref('int_service_answer') }}, {{ ref('stay_sender') }}
-- depends_on: {{ ref('ref_definition') }}, {{ ref('int_counting_month') }}, {{ ref('int_counting_definition') }}
{{ config(materialized='view') }}
{%- set asked %}
    select
        pair.from_definition,
        pair.to_definition,
        {{ last_as_of() }} as day,
        side.direction,
        tier.level
{%- endset %}
select
    {{ last_as_of() }} as as_of,
    side.direction,
    tier.level,
    bridge.division_code,
    pair.from_definition,
    pair.to_definition,
    bridge.step,
    bridge.persons,
    bridge.persons_unknown,
    bridge.step_order,
    bridge.from_value,
    bridge.to_value,
    bridge.persons_after,
    bridge.unknown_after,
    bridge.persons_lowest,
    bridge.persons_highest,
    bridge.persons_mean
from {{ ref('bridge_pair') }} as pair
-- subqueries, because a filter on what is asked reaches through them and not through a common table
cross join (select unnest(['in', 'out']) as direction) as side -- noqa: ST05
cross join (select unnest({{ levels() }}) as level) as tier -- noqa: ST05
cross join lateral ( -- noqa: ST05
    {{ bridge_of(asked, last_as_of()) }}
) as bridge
