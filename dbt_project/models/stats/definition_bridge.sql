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
        begin_definition.definition_id as from_definition,
        end_definition.definition_id as to_definition,
        month_end.as_of as day,
        side.direction,
        tier.level
{%- endset %}
select
    month_end.as_of,
    side.direction,
    tier.level,
    bridge.division_code,
    begin_definition.definition_id as from_definition,
    end_definition.definition_id as to_definition,
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
from {{ ref('int_counting_definition') }} as begin_definition
cross join {{ ref('int_counting_definition') }} as end_definition
cross join {{ ref('int_counting_month') }} as month_end
-- subqueries, because a filter on what is asked reaches through them and not through a common table
cross join (select unnest(['in', 'out']) as direction) as side -- noqa: ST05
cross join (select unnest({{ levels() }}) as level) as tier -- noqa: ST05
cross join lateral ( -- noqa: ST05
    {{ bridge_of(asked, 'month_end.as_of') }}
) as bridge
