{%- set said = [
    ('left_hukou_date', 'left'), ('arrived_date', 'arrived'), ('ended_date', 'ended'),
    ('reason_code', 'reason'), ('dwelling_code', 'dwelling'), ('sex', 'sex'), ('birth_date', 'birth_date'),
    ('hukou_nature', 'hukou_nature'), ('education_code', 'education'),
] -%}
{%- set places = ['origin_code', 'dest_code'] -%}
{%- set attributes = said | map('first') | list + places -%}
with

attribute as (
    select unnest({{ attributes }}) as attribute
),

asked_place as (
    {% for place in places %}
        select distinct
            {{ place }} as code,
            other_{{ place }} as other_code
        from {{ ref('int_sender_pair') }}
        where {{ place }} != other_{{ place }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

-- as they are in the latest register, whatever they were when the forms told of them
division as (
    select
        division.code,
        coalesce(
            path.path,
            {{ path_of('division') }}
        ) as path,
        row_number() over (partition by division.code order by division.valid_from desc) as age
    from {{ ref('division') }} as division
    left join {{ ref('int_division_path') }} as path
        on
            division.code = path.code
            and path.reported_to = {{ end_of_time() }}
    where division.code in (
        select asked_place.code from asked_place
        union
        select asked_place.other_code as code from asked_place
    )
),

differing_place as (
    select
        asked_place.code,
        asked_place.other_code
    from asked_place
    inner join division on asked_place.code = division.code
    inner join division as other on asked_place.other_code = other.code
    where
        division.age = 1
        and other.age = 1
        and not {{ compatible_places('division.code', 'division.path', 'other.code', 'other.path') }}
),

-- null: one of the two says nothing of it
compared as (
    select
        pair.stay_id,
        pair.form_id,
        {% for name, column in said -%}
            pair.{{ column }}_differs as {{ name }},
        {% endfor -%}
        {% for name, found in [('origin_code', 'origin'), ('dest_code', 'destination')] -%}
            case
                when pair.{{ name }} = pair.other_{{ name }} then false
                when pair.{{ name }} != pair.other_{{ name }} then {{ found }}.code is not null
            end as {{ name }},
        {% endfor -%}
        pair.other_form_id
    from {{ ref('int_sender_pair') }} as pair
    left join differing_place as origin
        on
            pair.origin_code = origin.code
            and pair.other_origin_code = origin.other_code
    left join differing_place as destination
        on
            pair.dest_code = destination.code
            and pair.other_dest_code = destination.other_code
),

first_month as (
    select min(as_of) as as_of
    from {{ ref('int_counting_month') }}
),

side as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            '{{ direction }}' as direction,
            stay.{{ place }} as place_code,
            compared.*,
            -- what was so before the first month end is so at it
            greatest(last_day({{ present_from('stay') }}), first_month.as_of) as began_in,
            greatest(last_day({{ present_to('stay') }}), first_month.as_of) as stopped_in
        from compared
        inner join {{ ref('int_counting_stay') }} as stay on compared.stay_id = stay.stay_id
        cross join first_month
        where stay.{{ place }} in (select home.place_code from {{ ref('int_counting_home') }} as home)
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- summed over all attributes at once, so that only sums are taken apart by attribute
change_of_month as (
    {% for month, sign in [('began_in', ''), ('stopped_in', '-')] %}
        select
            direction,
            place_code,
            form_id,
            other_form_id,
            {% for name in attributes -%}
                {{ sign }}count({{ name }}) as {{ name }}_compared,
                {{ sign }}count(*) filter (where {{ name }}) as {{ name }}_in_conflict,
            {% endfor -%}
            {{ month }} as month
        from side
        where began_in < stopped_in
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

by_place as (
    select
        month.as_of,
        change_of_month.direction,
        change_of_month.place_code,
        change_of_month.form_id,
        {% for name in attributes -%}
            sum(change_of_month.{{ name }}_compared) as {{ name }}_compared,
            sum(change_of_month.{{ name }}_in_conflict) as {{ name }}_in_conflict,
        {% endfor -%}
        change_of_month.other_form_id
    from {{ ref('int_counting_month') }} as month
    inner join change_of_month on month.as_of >= change_of_month.month
    group by all
),

by_division as (
    select
        by_place.as_of,
        by_place.direction,
        home.level,
        home.division_code,
        by_place.form_id,
        {% for name in attributes -%}
            sum(by_place.{{ name }}_compared) as {{ name }}_compared,
            sum(by_place.{{ name }}_in_conflict) as {{ name }}_in_conflict,
        {% endfor -%}
        by_place.other_form_id
    from by_place
    {{ join_home('by_place.place_code', 'by_place.as_of') }}
    group by all
),

by_attribute as (
    select
        by_division.as_of,
        by_division.direction,
        by_division.level,
        by_division.division_code,
        attribute.attribute,
        by_division.form_id,
        {% for kind in ['compared', 'in_conflict'] -%}
            cast(case attribute.attribute
                {% for name in attributes -%}
                    when '{{ name }}' then by_division.{{ name }}_{{ kind }}
                {% endfor -%}
            end as bigint) as stays_{{ kind }},
        {% endfor -%}
        by_division.other_form_id
    from by_division
    cross join attribute
)

select
    as_of,
    direction,
    level,
    division_code,
    attribute,
    form_id,
    other_form_id,
    stays_compared,
    stays_in_conflict
from by_attribute
where stays_compared != 0
