{# Definitions that count the same people by the same rule have the same number: they are counted once. #}
with

direction as (
    select unnest(['in', 'out']) as direction
),

numbered as (
    select
        cast(dense_rank() over (
            order by
                {% for axis, columns in counting_axes() -%}
                    rule.{{ columns | join(', rule.') }},
                {% endfor -%}
                direction.direction
        ) as integer) as definition_number,
        definition.definition_id,
        direction.direction,
        rule.boundary_level,
        rule.within_boundary,
        rule.excludes_intra_city
    from {{ ref('ref_definition') }} as definition
    inner join direction on definition.direction in (direction.direction, 'both')
    inner join {{ ref('int_counting_definition') }} as rule on definition.definition_id = rule.definition_id
)

select
    *,
    row_number() over (partition by definition_number order by definition_id) = 1 as is_first
from numbered
