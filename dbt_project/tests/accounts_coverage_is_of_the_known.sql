-- What one form knows of another's people the other knows of the first's, and nobody knows of more than there are.
with pair as (
    select *
    from {{ ref('coverage') }}
    where as_of = {{ last_as_of() }}
)

select
    pair.division_code,
    pair.form_id,
    pair.other_form_id
from pair
left join pair as mirrored
    on
        pair.direction = mirrored.direction
        and pair.level = mirrored.level
        and pair.division_code = mirrored.division_code
        and pair.form_id = mirrored.other_form_id
        and pair.other_form_id = mirrored.form_id
where
    pair.also_known > pair.persons
    or (pair.other_form_id != 'any' and pair.also_known != coalesce(mirrored.also_known, 0))
