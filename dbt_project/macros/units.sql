{#
    Other units than persons: what the agency of a definition counts of the stays that the definition admits. Each entry
    of a stay in the current lists of one of its senders is a registration or an enrolment, so that a person in the lists
    of two units is two; an entry that tells of the permit asked for is a permit.
#}
{% macro entries_of(counted, definitions, senders, answers) -%}
    select
        counted.as_of,
        counted.definition_id,
        counted.direction,
        counted.level,
        counted.division_code,
        definition.unit,
        count(*) filter (
            where counted.is_counted and (definition.unit != 'permit' or answer.answer = 'yes')
        ) as units,
        count(*) filter (
            where not counted.is_counted or (definition.unit = 'permit' and answer.answer is distinct from 'yes')
        ) as units_unknown
    from {{ counted }} as counted
    inner join {{ definitions }} as definition on counted.definition_id = definition.definition_id
    inner join {{ senders }} as sender
        on
            counted.stay_id = sender.stay_id
            and definition.own_form = sender.form_id
            and counted.as_of >= sender.says_from
            and counted.as_of < coalesce(sender.says_until, {{ end_of_time() }})
    left join {{ answers }} as answer
        on
            definition.unit = 'permit'
            and sender.stay_id = answer.stay_id
            and sender.form_id = answer.form_id
            and sender.unit_code = answer.unit_code
            and definition.required_service = answer.required_service
            and counted.as_of >= answer.from_date
            and counted.as_of < answer.to_date
    where definition.unit != 'person' and (definition.unit != 'permit' or answer.answer is distinct from 'no')
    group by all
{%- endmacro %}

{# The stays that the definition asked counts on the day asked, or might, in every division of the level asked. #}
{% macro stays_asked() -%}
    {{ home_asked() }},
    counted as (
        {{ counted_on(
            definition_asked(), 'intermediate.int_counting_stay', day_asked(), ['stay_id', 'dest_code', 'origin_code']
        ) }}
    ),
    stay_asked as (
        {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            {{ day_asked() }} as as_of,
            counted.definition_id,
            '{{ direction }}' as direction,
            home_on_day.level,
            home_on_day.division_code,
            counted.stay_id,
            counted.is_counted
        from counted
        inner join home_on_day on counted.{{ place }} = home_on_day.place_code
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
    )
{%- endmacro %}

{% macro table_macro_units_on() -%}
    create or replace macro main.units_on(definition, date, level) as table
    with {{ stays_asked() }},
    entry as (
        {{ entries_of('stay_asked', 'ref.definition', 'core.stay_sender', 'intermediate.int_service_answer') }}
    )
    select
        entry.direction,
        entry.level,
        entry.division_code,
        division.name as division_name,
        entry.unit,
        entry.units,
        entry.units_unknown
    from entry
    {{ join_place('division', 'entry.division_code', 'entry.as_of') }}
    order by entry.direction, entry.division_code
{%- endmacro %}

{% macro definition_of_residents() -%}
    (
        select case
            when known.direction = 'resident' then known.definition_id
            else error(known.definition_id || ' does not count residents: its direction in ref.definition is '
                || known.direction || '.')
        end
        from ref.definition as known
        where known.definition_id = {{ asked_definition() }}
    )
{%- endmacro %}

{% macro table_macro_resident_on() -%}
    create or replace macro main.resident_on(definition, date, level) as table
    with {{ stays_asked() }},
    hukou as (
        {{ hukou_on(
            '(select cast(date as date) as day)', 'intermediate.int_hukou_report', 'intermediate.int_counting_place',
            'intermediate.int_counting_home'
        ) }}
    ),
    asked_hukou as (
        select
            hukou.*,
            hukou.day as as_of,
            {{ definition_of_residents() }} as definition_id
        from asked
        inner join hukou on asked.level = hukou.level
    ),
    resident as (
        {{ residents_of('stay_asked', 'asked_hukou') }}
    )
    select
        resident.level,
        resident.division_code,
        division.name as division_name,
        resident.* exclude (as_of, definition_id, level, division_code)
    from resident
    {{ join_place('division', 'resident.division_code', 'resident.as_of') }}
    order by resident.division_code
{%- endmacro %}
