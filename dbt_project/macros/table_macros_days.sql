{# The table macro of one day and all definitions at once: stays are counted by kind, and each kind is judged once by #}
{# each rule. What is said of kinds is added up as numbers and lists, and named at the end. #}

{% macro table_macro_stocks_on() -%}
    create or replace macro main.stocks_on(date, level) as table
    with {{ home_asked() }},
    numbered_home as materialized (
        select
            home_on_day.place_code,
            home_on_day.division_code,
            cast(dense_rank() over (order by home_on_day.division_code) as integer) as division
        from home_on_day
    ),
    stay_at_home as (
        select
            stay.*,
            destination.division as in_division,
            origin.division as out_division
        from {{ stays_on_day('intermediate.int_counting_stay', day_asked(), 'intermediate.int_service_span') }} as stay
        left join numbered_home as destination on stay.dest_code = destination.place_code
        left join numbered_home as origin on stay.origin_code = origin.place_code
        where coalesce(destination.division, origin.division) is not null
    ),
    -- definitions that differ in nothing but their names are judged once, under a number
    distinct_rule as materialized (
        select
            row_number() over () as definition_id,
            alike.*
        from (
            select
                definition.* exclude (definition_id),
                list(definition.definition_id) as definition_ids
            from intermediate.int_counting_definition as definition
            group by all
        ) as alike
    ),
    kind as materialized (
        {{ kinds_of_stays('distinct_rule', 'stay_at_home', day_asked(), ['in_division', 'out_division']) }}
    ),
    answer as (
        {{ answers_on('distinct_rule', 'kind', day_asked()) }}
    ),
    said_of_kind as (
        select
            answer.part_number,
            list(
                struct_pack(rule := answer.definition_id, is_counted := answer.is_counted)
                order by answer.definition_id
            ) as answers
        from answer
        group by answer.part_number
    ),
    -- kinds of which all rules say the same have one number
    said_alike as materialized (
        select
            said_of_kind.part_number,
            said_of_kind.answers,
            dense_rank() over (order by said_of_kind.answers) as number
        from said_of_kind
    ),
    -- what is said under each number, as one list to look it up in
    said_by_number as (
        select list(distinct said_alike.answers order by said_alike.answers) as answers
        from said_alike
    ),
    by_answers as (
        {% for direction in ['in', 'out'] %}
            select
                '{{ direction }}' as direction,
                stay.division,
                stay.number,
                count(*) as stays
            from (
                select
                    unnest(kind.{{ direction }}_divisions) as division,
                    said_alike.number
                from kind
                inner join said_alike on kind.part_number = said_alike.part_number
            ) as stay
            group by stay.division, stay.number
            {{ 'union all' if not loop.last }}
    {% endfor %}
    ),
    -- what is of one division is put side by side: many sums at once are only quick if few of them change at a time
    by_division as (
        select
            by_answers.direction,
            by_answers.division,
            list(struct_pack(number := by_answers.number, stays := by_answers.stays)) as parts
        from by_answers
        group by by_answers.direction, by_answers.division
    ),
    counted as (
        select
            judged.direction,
            judged.division,
            judged.rule,
            sum(judged.stays) filter (where judged.is_counted) as persons,
            sum(judged.stays) filter (where not judged.is_counted) as persons_unknown
        from (
            select
                part.direction,
                part.division,
                part.stays,
                unnest(said_by_number.answers[part.number], recursive := true)
            from (
                select
                    by_division.direction,
                    by_division.division,
                    unnest(by_division.parts, recursive := true)
                from by_division
            ) as part
            cross join said_by_number
        ) as judged
        group by judged.direction, judged.division, judged.rule
    ),
    named as (
        select
            unnest(distinct_rule.definition_ids) as definition_id,
            home.division_code,
            counted.direction,
            counted.persons,
            counted.persons_unknown
        from counted
        inner join distinct_rule on counted.rule = distinct_rule.definition_id
        inner join (
            select distinct
                numbered_home.division,
                numbered_home.division_code
            from numbered_home
        ) as home on counted.division = home.division
    )
    select
        named.definition_id,
        named.direction,
        asked.level,
        named.division_code,
        division.name as division_name,
        cast(coalesce(named.persons, 0) as bigint) as persons,
        cast(coalesce(named.persons_unknown, 0) as bigint) as persons_unknown
    from asked
    cross join named
    {{ join_place('division', 'named.division_code', day_asked()) }}
    order by named.definition_id, named.direction, named.division_code
{%- endmacro %}
