with

direction as (
    select unnest(['in', 'out']) as direction
)

select
    cast(row_number() over (order by definition.definition_id, direction.direction) as integer) as definition_number,
    definition.definition_id,
    direction.direction,
    definition.boundary_level,
    definition.within_boundary,
    definition.excludes_intra_city
from {{ ref('ref_definition') }} as definition
inner join direction on definition.direction in (direction.direction, 'both')
