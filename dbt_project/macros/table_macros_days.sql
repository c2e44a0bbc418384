{# The table macro of one day and all definitions at once: stays are counted by kind, and each kind is judged once. #}

{% macro table_macro_stocks_on() -%}
    create or replace macro main.stocks_on(date, level) as table
    with {{ home_asked() }},
    stay_at_home as (
        select
            stay.*,
            destination.division_code as in_division,
            origin.division_code as out_division
        from {{ stays_on_day('intermediate.int_counting_stay', day_asked(), 'intermediate.int_service_span') }} as stay
        left join home_on_day as destination on stay.dest_code = destination.place_code
        left join home_on_day as origin on stay.origin_code = origin.place_code
        where coalesce(destination.division_code, origin.division_code) is not null
    ),
    by_kind as (
        {{ stays_by_kind(
            'intermediate.int_counting_definition', 'stay_at_home', day_asked(), ['in_division', 'out_division']
        ) }}
    ),
    kind as (
        select
            distinct_kind.*,
            row_number() over () as part_number
        from (
            select distinct by_kind.{{ kind_columns() | join(', by_kind.') }}
            from by_kind
        ) as distinct_kind
    ),
    answer as (
        {{ answers_on('intermediate.int_counting_definition', 'kind', day_asked()) }}
    ),
    -- kinds of which all definitions say the same go by the number of the first of them
    said_alike as (
        select
            said.part_number,
            min(said.part_number) over (partition by said.answers) as said_by
        from (
            select
                answer.part_number,
                list(
                    struct_pack(definition_id := answer.definition_id, is_counted := answer.is_counted)
                    order by answer.definition_id
                ) as answers
            from answer
            group by answer.part_number
        ) as said
    ),
    by_answers as (
        select
            by_kind.in_division,
            by_kind.out_division,
            said_alike.said_by,
            sum(by_kind.stays) as stays
        from by_kind
        inner join kind
            on
    {%- for column in kind_columns() %}
        {{ 'and ' if not loop.first }}by_kind.{{ column }} is not distinct from kind.{{ column }}
    {%- endfor %}
        inner join said_alike on kind.part_number = said_alike.part_number
        group by by_kind.in_division, by_kind.out_division, said_alike.said_by
    ),
    counted as (
        {% for direction in ['in', 'out'] %}
            select
                '{{ direction }}' as direction,
                by_answers.{{ direction }}_division as division_code,
                answer.definition_id,
                sum(by_answers.stays) filter (where answer.is_counted) as persons,
                sum(by_answers.stays) filter (where not answer.is_counted) as persons_unknown
            from by_answers
            inner join answer on by_answers.said_by = answer.part_number
            where by_answers.{{ direction }}_division is not null
            group by by_answers.{{ direction }}_division, answer.definition_id
            {{ 'union all' if not loop.last }}
    {% endfor %}
    )
    select
        counted.definition_id,
        counted.direction,
        asked.level,
        counted.division_code,
        division.name as division_name,
        cast(coalesce(counted.persons, 0) as bigint) as persons,
        cast(coalesce(counted.persons_unknown, 0) as bigint) as persons_unknown
    from asked
    cross join counted
    {{ join_place('division', 'counted.division_code', day_asked()) }}
    order by counted.definition_id, counted.direction, counted.division_code
{%- endmacro %}
