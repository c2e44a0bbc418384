-- Whoever is certain to be there on the last month end is known to exactly one combination of forms: the combinations
-- of a level sum to the people counted straight from the stays.
with

there as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            '{{ direction }}' as direction,
            home.level,
            home.division_code,
            count(distinct people.person_key) as persons
        from {{ ref('int_counting_stay') }} as stay
        inner join {{ ref('stay') }} as people on stay.stay_id = people.stay_id
        inner join {{ ref('int_counting_home') }} as home on stay.{{ place }} = home.place_code
        where
            {{ present_from('stay') }} <= {{ last_as_of() }} and {{ last_as_of() }} < {{ present_to('stay') }}
            and home.known_from <= {{ last_as_of() }} and {{ last_as_of() }} < home.known_to
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

known as (
    select
        direction,
        level,
        division_code,
        sum(persons) as persons
    from {{ ref('known_by') }}
    where as_of = {{ last_as_of() }}
    group by all
)

select
    coalesce(there.direction, known.direction) as direction,
    coalesce(there.division_code, known.division_code) as division_code,
    there.persons as persons_there,
    known.persons as persons_known
from there
full join known
    on
        there.direction = known.direction
        and there.level = known.level
        and there.division_code = known.division_code
where coalesce(there.persons, 0) != coalesce(known.persons, 0)
