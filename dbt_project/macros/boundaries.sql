{#
    Numbers of one day on the divisions of another one. What is known to lie in one division on both days is exact; what
    is known no better than a division that was divided since, or put together with others, is shared out by the weights
    of int_division_lineage. Nothing is lost or gained either way.
#}

{# What divisions of some days (`days`: a relation with a column day) are on another one, of codes that ever changed; #}
{# all others are the same on every day. #}
{% macro changed_codes(days, boundaries) -%}
    (
        select
            part.day,
            part.from_code,
            part.to_code,
            case
                when part.whole > 0.0 then part.weight / part.whole
                else 1.0 / part.parts
            end as weight,
            case when part.parts > 1 then coalesce(part.basis, 'equal_sizes') end as basis,
            part.parts > 1 as is_estimated
        from (
            select
                step.*,
                sum(step.weight) over (partition by step.day, step.from_code) as whole,
                count(*) over (partition by step.day, step.from_code) as parts
            from (
    {%- for side, other, weight, basis, comparison in [
        ('from', 'to', 'weight', 'lineage.basis', '<='),
        ('to', 'from', 'weight_back', 'null', '>'),
    ] %}
                select
                    asked.day,
                    lineage.{{ side }}_code as from_code,
                    lineage.{{ other }}_code as to_code,
                    sum(lineage.{{ weight }}) as weight,
                    max({{ basis }}) as basis
                from (select distinct given.day from {{ days }} as given) as asked
                inner join intermediate.int_division_lineage as lineage
                    on
                        lineage.{{ side }}_known_from <= asked.day
                        and asked.day < lineage.{{ side }}_known_to
                where
                    asked.day {{ comparison }} {{ boundaries }}
                    and lineage.{{ other }}_known_from <= {{ boundaries }}
                    and {{ boundaries }} < lineage.{{ other }}_known_to
                    and lineage.{{ weight }} is not null
                group by asked.day, lineage.{{ side }}_code, lineage.{{ other }}_code
                {{ 'union all' if not loop.last }}
    {%- endfor %}
            ) as step
        ) as part
    )
{%- endmacro %}

{# What the macros of two days ask for. #}
{% macro boundaries_asked() -%}
    cast(boundaries as date)
{%- endmacro %}

{# What divisions of levels are on the boundaries asked, as tables of a with clause. What has come to another level #}
{# is shown in the division of the level that holds it. #}
{% macro crosswalks_asked(asked_levels) -%}
    day_and_boundaries as (
        select
            {{ day_asked() }} as day,
            {{ boundaries_asked() }} as boundaries
    ),
    changed as (
        select step.*
        from {{ changed_codes('day_and_boundaries', '(select b.boundaries from day_and_boundaries as b)') }} as step
    ),
    -- of codes that were given to another place since: where those of the boundaries asked lay
    once as (
        select division.*
        from intermediate.int_division_key as division
        inner join intermediate.int_division_span as span
            on
                division.code = span.code
                and span.span_from <= {{ boundaries_asked() }}
                and {{ boundaries_asked() }} < span.span_to
        inner join intermediate.int_division_span as later
            on
                span.code = later.code
                and span.span_to <= later.span_from
                and later.next_from is null
        where
            division.valid_from <= {{ boundaries_asked() }}
            and {{ boundaries_asked() }} < division.valid_to
            and not exists (
                select lineage.from_id
                from intermediate.int_division_lineage as lineage
                where lineage.from_id = span.span_id and lineage.to_id = later.span_id
            )
    )
    {%- for level in asked_levels %},
    {%- set to_code -%}
        coalesce(
            {{ key_at_asked_level('once', 'asked.' ~ level) }}, {{ key_at_asked_level('place', 'asked.' ~ level) }},
            changed.to_code
        )
    {%- endset %}
    lifted_{{ loop.index }} as (
        select
            changed.from_code,
            {{ to_code }} as to_code,
            sum(changed.weight) as weight
        from changed
        cross join asked
        left join once on changed.to_code = once.code
        {{ join_place('place', 'changed.to_code', boundaries_asked()) }}
        group by changed.from_code, {{ to_code }}
    ),
    crosswalk_{{ loop.index }} as (
        select
            lifted_{{ loop.index }}.*,
            count(*) over (partition by lifted_{{ loop.index }}.from_code) > 1 as is_estimated
        from lifted_{{ loop.index }}
    )
    {%- endfor %}
{%- endmacro %}

{% macro table_macro_division_crosswalk() -%}
    create or replace macro main.division_crosswalk(from_date, to_date) as table
    with asked as (
        select
            cast(from_date as date) as day,
            cast(to_date as date) as boundaries
    ),
    changed as (
        select step.*
        from {{ changed_codes('asked', '(select b.boundaries from asked as b)') }} as step
    )
    select
        changed.from_code,
        changed.to_code,
        changed.weight,
        changed.basis,
        changed.is_estimated
    from changed
    union all
    select
        division.code as from_code,
        division.code as to_code,
        1.0 as weight,
        null as basis,
        false as is_estimated
    from (select distinct listed.code from ref.division as listed) as division
    where division.code not in (select span.code from intermediate.int_division_span as span)
{%- endmacro %}

{# A place on the boundaries asked, where more is known of it than its division: null where only weights tell. #}
{% macro known_on_boundaries(code, division_code, level, number) -%}
    left join intermediate.int_counting_place as place_{{ number }}
        on
            {{ code }} = place_{{ number }}.place_code
            and place_{{ number }}.known_from <= {{ boundaries_asked() }}
            and {{ boundaries_asked() }} < place_{{ number }}.known_to
            and {{ code }} != {{ division_code }}
    left join crosswalk_{{ number }} as known_{{ number }}
        on
            {{ division_code }} = known_{{ number }}.from_code
            and {{ key_at_asked_level('place_' ~ number, level) }} = known_{{ number }}.to_code
{%- endmacro %}

{# What a division has become: the one that is known, else each by its weight. #}
{% macro shared_out(division_code, known_code, number) -%}
    left join crosswalk_{{ number }} as share_{{ number }}
        on
            {{ division_code }} = share_{{ number }}.from_code
            and {{ known_code }} is null
{%- endmacro %}

{% macro code_shared_out(division_code, known_code, number) -%}
    coalesce({{ known_code }}, share_{{ number }}.to_code, {{ division_code }})
{%- endmacro %}

{% macro numbers_shared_out(relation, share, is_estimated) -%}
    {%- for column in ['persons', 'persons_unknown'] %}
        sum({{ relation }}.{{ column }} * {{ share }}) as {{ column }},
        coalesce(sum({{ relation }}.{{ column }} * {{ share }}) filter (where {{ is_estimated }}), 0.0)
            as {{ column }}_estimated{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro table_macro_stock_on_boundaries() -%}
    create or replace macro main.stock_on_boundaries(definition, date, level, boundaries) as table
    with {{ home_asked() }},
    {{ crosswalks_asked(['level']) }},
    counted as (
        {{ counted_on(
            definition_asked(), 'intermediate.int_counting_stay', day_asked(), ['dest_code', 'origin_code']
        ) }}
    ),
    by_place as (
        {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
            select
                '{{ direction }}' as direction,
                home_on_day.level,
                home_on_day.division_code,
                counted.{{ place }} as place_code,
                count(*) filter (where counted.is_counted) as persons,
                count(*) filter (where not counted.is_counted) as persons_unknown
            from counted
            inner join home_on_day on counted.{{ place }} = home_on_day.place_code
            group by home_on_day.level, home_on_day.division_code, counted.{{ place }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
    ),
    known as (
        select
            by_place.direction,
            by_place.level,
            by_place.division_code,
            known_1.to_code as known_code,
            sum(by_place.persons) as persons,
            sum(by_place.persons_unknown) as persons_unknown
        from by_place
        {{ known_on_boundaries('by_place.place_code', 'by_place.division_code', 'by_place.level', 1) }}
        group by by_place.direction, by_place.level, by_place.division_code, known_1.to_code
    ),
    shared as (
        select
            known.direction,
            known.level,
            {{ code_shared_out('known.division_code', 'known.known_code', 1) }} as division_code,
            {{ numbers_shared_out('known', 'coalesce(share_1.weight, 1.0)', 'share_1.is_estimated') }}
        from known
        {{ shared_out('known.division_code', 'known.known_code', 1) }}
        group by
            known.direction,
            known.level,
            {{ code_shared_out('known.division_code', 'known.known_code', 1) }}
    )
    select
        shared.direction,
        shared.level,
        shared.division_code,
        division.name as division_name,
        shared.persons,
        shared.persons_estimated,
        shared.persons_unknown,
        shared.persons_unknown_estimated
    from shared
    {{ join_place('division', 'shared.division_code', boundaries_asked()) }}
    order by shared.direction, shared.level, shared.division_code
{%- endmacro %}

{% macro table_macro_od_on_boundaries() -%}
    {%- set origin_code = code_shared_out('known.origin_code', 'known.known_origin', 1) -%}
    {%- set dest_code = code_shared_out('known.dest_code', 'known.known_dest', 2) -%}
    create or replace macro main.od_on_boundaries(definition, date, origin_level, dest_level, boundaries) as table
    with asked as (
        select
            {{ asked_level('origin_level') }} as origin_level,
            {{ asked_level('dest_level') }} as dest_level
    ),
    {{ crosswalks_asked(['origin_level', 'dest_level']) }},
    counted as (
        {{ counted_on(
            definition_asked(), 'intermediate.int_counting_stay', day_asked(), ['dest_code', 'origin_code']
        ) }}
    ),
    by_place as (
        select
            counted.origin_code,
            counted.dest_code,
            count(*) filter (where counted.is_counted) as persons,
            count(*) filter (where not counted.is_counted) as persons_unknown
        from counted
        group by counted.origin_code, counted.dest_code
    ),
    by_division as (
        select
            asked.origin_level,
            asked.dest_level,
            by_place.origin_code as origin_place,
            by_place.dest_code as dest_place,
            {{ key_at_asked_level('origin', 'asked.origin_level') }} as origin_code,
            {{ key_at_asked_level('destination', 'asked.dest_level') }} as dest_code,
            by_place.persons,
            by_place.persons_unknown
        from asked
        cross join by_place
        {{ join_place('origin', 'by_place.origin_code', day_asked()) }}
    {{ join_place('destination', 'by_place.dest_code', day_asked()) }}
    ),
    known as (
        select
            by_division.origin_code,
            by_division.dest_code,
            known_1.to_code as known_origin,
            known_2.to_code as known_dest,
            sum(by_division.persons) as persons,
            sum(by_division.persons_unknown) as persons_unknown
        from by_division
        {{ known_on_boundaries('by_division.origin_place', 'by_division.origin_code', 'by_division.origin_level', 1) }}
    {{ known_on_boundaries('by_division.dest_place', 'by_division.dest_code', 'by_division.dest_level', 2) }}
        group by by_division.origin_code, by_division.dest_code, known_1.to_code, known_2.to_code
    ),
    shared as (
        select
            {{ origin_code }} as origin_code,
            {{ dest_code }} as dest_code,
            {{ numbers_shared_out(
                'known',
                'coalesce(share_1.weight, 1.0) * coalesce(share_2.weight, 1.0)',
                'share_1.is_estimated or share_2.is_estimated'
            ) }}
        from known
        {{ shared_out('known.origin_code', 'known.known_origin', 1) }}
    {{ shared_out('known.dest_code', 'known.known_dest', 2) }}
        group by {{ origin_code }}, {{ dest_code }}
    )
    select
        shared.origin_code,
        origin.name as origin_name,
        origin.level as origin_level,
        shared.dest_code,
        destination.name as dest_name,
        destination.level as dest_level,
        shared.persons,
        shared.persons_estimated,
        shared.persons_unknown,
        shared.persons_unknown_estimated
    from shared
    {{ join_place('origin', 'shared.origin_code', boundaries_asked()) }}
    {{ join_place('destination', 'shared.dest_code', boundaries_asked()) }}
    order by shared.origin_code, shared.dest_code
{%- endmacro %}

{% macro table_macro_values_on_boundaries() -%}
    create or replace macro main.values_on_boundaries(relation, boundaries) as table
    with given as (
        select
            series.code,
            cast(series.as_of as date) as as_of,
            series.value
        from query_table(relation) as series
    ),
    asked as (
        select
            day.as_of as day,
            {{ boundaries_asked() }} as boundaries
        from (select distinct given.as_of from given) as day
    ),
    crosswalk as (
        select changed.*
        from {{ changed_codes('asked', boundaries_asked()) }} as changed
    )
    select
        given.as_of,
        coalesce(crosswalk.to_code, given.code) as code,
        sum(given.value * coalesce(crosswalk.weight, 1.0)) as value,
        coalesce(
            sum(given.value * crosswalk.weight) filter (where crosswalk.is_estimated), 0.0
        ) as value_estimated
    from given
    left join crosswalk
        on
            given.as_of = crosswalk.day
            and given.code = crosswalk.from_code
    group by given.as_of, coalesce(crosswalk.to_code, given.code)
    order by 1, 2
{%- endmacro %}
