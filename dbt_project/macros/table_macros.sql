{# The table macros of the warehouse file: counts for any day, any definition and any levels. They are #}
{# made at the end #}
{# of every build. Inside them every column is written with its table, because a bare name that equals a parameter #}
{# would mean the parameter. #}

{# The parameters of the table macros as values, or one clear sentence where they cannot be. #}
{% macro asked_definition(parameter='definition') -%}
    (
        select coalesce(
            max(known.definition_id),
            error('No definition named ' || {{ parameter }} || ': ref.definition lists them.')
        )
        from ref.definition as known
        where known.definition_id = {{ parameter }}
    )
{%- endmacro %}

{% macro asked_direction() -%}
    case
        when direction in ('in', 'out') then direction
        else error('No direction named ' || direction || ': in, out.')
    end
{%- endmacro %}

{% macro asked_level(parameter) -%}
    case
        when {{ parameter }} in ('{{ levels() | join("', '") }}') then {{ parameter }}
        else error('No level named ' || {{ parameter }} || ': {{ levels() | join(", ") }}.')
    end
{%- endmacro %}

{# The part of a stay's row that place and day decide: the place as the register of the day has it. #}
{% macro join_place(alias, code, day, places='intermediate.int_counting_place') -%}
    left join {{ places }} as {{ alias }}
        on
            {{ code }} = {{ alias }}.place_code
            and {{ alias }}.known_from <= {{ day }}
            and {{ day }} < {{ alias }}.known_to
{%- endmacro %}

{% macro table_macro_division_on() -%}
    create or replace macro main.division_on(date) as table
    select division.*
    from ref.division as division
    where
        division.valid_from <= cast(date as date)
        and (division.valid_to is null or cast(date as date) < division.valid_to)
{%- endmacro %}

{% macro asked_level_of_home() -%}
    case
        when (select count(*) from intermediate.int_counting_home as h where h.level = {{ asked_level('level') }}) > 0
            then level
        else error('The level ' || level || ' lies above the home division.')
    end
{%- endmacro %}

{# The one definition asked, as a relation to count with. #}
{% macro definition_asked() -%}
    (
        select rule.*
        from intermediate.int_counting_definition as rule
        where rule.definition_id = {{ asked_definition() }}
    )
{%- endmacro %}

{% macro day_asked() -%}
    cast(date as date)
{%- endmacro %}

{# The level asked, and the places of the home division on the day asked, each with its division of that level. As #}
{# tables of a with clause: only there, with nothing beside it, a bare name is sure to mean the parameter. #}
{% macro home_asked() -%}
    level_asked as (
        select {{ asked_level('level') }} as level
    ),
    asked as (
        select
            case
                when level_asked.level in (select home.level from intermediate.int_counting_home as home)
                    then level_asked.level
                else error('The level ' || level_asked.level || ' lies above the home division.')
            end as level
        from level_asked
    ),
    home_on_day as (
        select
            home.place_code,
            home.division_code,
            asked.level
        from asked
        inner join intermediate.int_counting_home as home on asked.level = home.level
        where home.known_from <= {{ day_asked() }} and {{ day_asked() }} < home.known_to
    )
{%- endmacro %}

{# The stays that count or of which it is not known, under the definition and on the day asked, by divisions of the #}
{# level asked; in both directions. #}
{% macro counted_by_division(stays) -%}
    counted as (
        {{ counted_on(definition_asked(), stays, day_asked(), ['dest_code', 'origin_code']) }}
    ),
    by_division as (
        {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
            select
                '{{ direction }}' as direction,
                home_on_day.level,
                home_on_day.division_code,
                counted.is_counted,
                counted.unknown_because
            from counted
            inner join home_on_day on counted.{{ place }} = home_on_day.place_code
            {{ 'union all' if not loop.last }}
    {% endfor %}
    )
{%- endmacro %}

{# The stock asked for, counted from stays. #}
{% macro stock_of(stays) -%}
    with {{ home_asked() }},
    {{ counted_by_division(stays) }}
    select
        by_division.direction,
        by_division.level,
        by_division.division_code,
        any_value(division.name) as division_name,
        count(*) filter (where by_division.is_counted) as persons,
        count(*) filter (where not by_division.is_counted) as persons_unknown
    from by_division
    {{ join_place('division', 'by_division.division_code', day_asked()) }}
    group by by_division.direction, by_division.level, by_division.division_code
    order by by_division.direction, by_division.level, by_division.division_code
{%- endmacro %}

{% macro table_macro_stock_on() -%}
    create or replace macro main.stock_on(definition, date, level) as table
    {{ stock_of('intermediate.int_counting_stay') }}
{%- endmacro %}

{% macro table_macro_unknown_on() -%}
    create or replace macro main.unknown_on(definition, date, level) as table
    with {{ home_asked() }},
    {{ counted_by_division('intermediate.int_counting_stay') }}
    select
        by_division.direction,
        by_division.level,
        by_division.division_code,
        any_value(division.name) as division_name,
        by_division.unknown_because as cause,
        count(*) as persons_unknown
    from by_division
    {{ join_place('division', 'by_division.division_code', day_asked()) }}
    where not by_division.is_counted
    group by by_division.direction, by_division.level, by_division.division_code, by_division.unknown_because
    order by by_division.direction, by_division.division_code, by_division.unknown_because
{%- endmacro %}

{# Stays with both ends rolled up to the levels asked; `stays` has the two places and what is asked of each stay. #}
{% macro by_origin_and_destination(asked, stays, names) -%}
    with asked as (
        {{ asked }}
    ),
    stay_counted as (
        select
            {{ key_at_asked_level('origin', 'asked.origin_level') }} as origin_code,
            {{ key_at_asked_level('destination', 'asked.dest_level') }} as dest_code,
            asked.day,
            stay.{{ names | join(', stay.') }}
        from asked
        cross join (
            {{ stays }}
        ) as stay
        {{ join_place('origin', 'stay.origin_code', 'asked.day') }}
    {{ join_place('destination', 'stay.dest_code', 'asked.day') }}
    ),
    pair as (
        select
            stay_counted.origin_code,
            stay_counted.dest_code,
            stay_counted.day,
    {%- for name in names %}
            count(*) filter (where stay_counted.{{ name }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
        from stay_counted
        group by all
        having {{ names | join(' + ') }} > 0
    )
    select
        pair.origin_code,
        origin.name as origin_name,
        origin.level as origin_level,
        pair.dest_code,
        destination.name as dest_name,
        destination.level as dest_level,
    {%- for name in names %}
        pair.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from pair
    {{ join_place('origin', 'pair.origin_code', 'pair.day') }}
    {{ join_place('destination', 'pair.dest_code', 'pair.day') }}
    order by pair.origin_code, pair.dest_code
{%- endmacro %}

{% macro table_macro_od_on() -%}
    {% set asked %}
        select
            {{ day_asked() }} as day,
            {{ asked_level('origin_level') }} as origin_level,
            {{ asked_level('dest_level') }} as dest_level
    {% endset %}
    {% set stays %}
            select
                counted.origin_code,
                counted.dest_code,
                counted.is_counted as persons,
                not counted.is_counted as persons_unknown
            from (
                {{ counted_on(
                    definition_asked(), 'intermediate.int_counting_stay', day_asked(), ['origin_code', 'dest_code']
                ) }}
            ) as counted
    {% endset %}
    create or replace macro main.od_on(definition, date, origin_level, dest_level) as table
    {{ by_origin_and_destination(asked, stays, ['persons', 'persons_unknown']) }}
{%- endmacro %}

{% macro table_macro_flows_between() -%}
    {% set asked %}
        select
            cast(to_date as date) as day,
            {{ asked_level('origin_level') }} as origin_level,
            {{ asked_level('dest_level') }} as dest_level
    {% endset %}
    {% set stays %}
            select
                stay.origin_code,
                stay.dest_code,
                {{ is_arrival('counting', 'stay', 'cast(from_date as date)', 'cast(to_date as date)') }} as arrivals,
                {{ is_departure('counting', 'stay', 'cast(from_date as date)', 'cast(to_date as date)') }} as departures
            from intermediate.int_counting_interval as counting
            inner join intermediate.int_counting_stay as stay on counting.part_number = stay.part_number
            where
                counting.definition_id = {{ asked_definition() }}
                and counting.certain_from <= cast(to_date as date)
                and cast(from_date as date) < counting.certain_to
    {% endset %}
    create or replace macro main.flows_between(definition, from_date, to_date, origin_level, dest_level) as table
    {{ by_origin_and_destination(asked, stays, ['arrivals', 'departures']) }}
{%- endmacro %}

{% macro table_macro_trace_stock() -%}
    create or replace macro main.trace_stock(definition, date, direction, level, division_code) as table
    with direction_asked as (
        select {{ asked_direction() }} as direction
    ),
    {{ home_asked() }},
    counted as (
        {{ counted_on(
            definition_asked(), 'intermediate.int_counting_stay', day_asked(), ['stay_id', 'origin_code', 'dest_code']
        ) }}
    )
    select
        counted.stay_id,
        counted.is_counted,
        evidence.form_id,
        evidence.file_id,
        file.path,
        evidence.sheet,
        evidence.row_number,
        evidence.side,
        evidence.reported_on
    from direction_asked
    cross join counted
    inner join home_on_day as home
        on
            case direction_asked.direction when 'in' then counted.dest_code else counted.origin_code end
            = home.place_code
    inner join core.stay_evidence as evidence
        on counted.stay_id = evidence.stay_id
    left join ops.file as file
        on evidence.file_id = file.file_id
    where home.division_code = division_code
    order by counted.stay_id, evidence.reported_on, file.path, evidence.sheet, evidence.row_number
{%- endmacro %}

{% macro table_macro_comments() -%}
    {% set comments = {
        'division_on': 'The division register on a day.',
        'stock_on': 'Persons counted and unknown by division of a level, under a definition, on any day. '
            ~ 'stats.stock says what the columns mean.',
        'stocks_on': 'Persons counted and unknown by division of a level on any day, under all definitions at once.',
        'unknown_on': 'Why stays are unknown: those that stock_on tells as unknown by what is not known of them. '
            ~ 'stats.unknown says what the columns mean.',
        'od_on': 'Persons counted and unknown by origin and destination at any levels, under a definition, on any day. '
            ~ 'A place not known to the level asked stays at the level it is known to.',
        'flows_between': 'Arrivals and departures by origin and destination after one day and up to another, '
            ~ 'under a definition. stats.change says what the columns mean.',
        'stays_known_on': 'The stays as the warehouse published them on a day: of core.stay_version what was recorded then.',
        'stock_known_on': 'Persons counted and unknown by division of a level, under a definition, on any day, as it was '
            ~ 'known on another day. Definitions and the division register are those of now.',
        'bridge_on': 'The difference between two definitions taken apart axis by axis, on any day, from one direction '
            ~ '(in, out), by division of a level. stats.definition_bridge says what the columns mean.',
        'units_on': 'Registrations, permits or enrolments by division of a level, under a definition of such a unit, on '
            ~ 'any day. stats.unit_stock says what the columns mean.',
        'resident_on': 'Residents by division of a level, under a definition of residents, on any day: registered people '
            ~ 'less those away and those who are here. stats.resident says what the columns mean.',
        'division_crosswalk': 'What every division of one day is on another one, and with which share of its people; '
            ~ 'is_estimated where there are several, basis what the shares rest on.',
        'stock_on_boundaries': 'stock_on of a day, by the divisions of the day boundaries; beside each number the part of it '
            ~ 'that is shared out by weights.',
        'od_on_boundaries': 'od_on of a day, by the divisions of the day boundaries; beside each number the part of it that '
            ~ 'is shared out by weights.',
        'values_on_boundaries': 'Any series (a relation with code, as_of, value, given by its name) by the divisions of the '
            ~ 'day boundaries; beside each value the part of it that is shared out by weights.',
        'trace_stock': 'The delivered rows (file, sheet, row) behind one number of stats.stock or stock_on.',
    } %}
    {% for name, comment in comments.items() %}
        comment on macro table main.{{ name }} is '{{ comment }}';
    {% endfor %}
{%- endmacro %}

{# A build of some models alone may come before the tables that the macros read: then there are none to make. #}
{% macro tables_of_macros_exist() -%}
    {% set tables = [
        'ref.division', 'ref.definition', 'core.stay_evidence', 'core.stay_version', 'ops.file',
        'intermediate.int_counting_place', 'intermediate.int_counting_home',
        'intermediate.int_counting_stay', 'intermediate.int_counting_interval',
        'intermediate.int_counting_definition', 'intermediate.int_stay_registration',
        'intermediate.int_service_span', 'intermediate.int_service_answer', 'intermediate.int_hukou_report',
        'intermediate.int_known_interval', 'core.stay_sender', 'intermediate.int_division_span',
        'intermediate.int_division_lineage',
    ] %}
    {% set found = run_query(
        "select count(*) from information_schema.tables where table_catalog = current_database() "
        ~ "and table_schema || '.' || table_name in ('" ~ tables | join("', '") ~ "')"
    ) %}
    {{ return(found.columns[0].values()[0] == tables | length) }}
{%- endmacro %}

{% macro create_table_macros() -%}
    {% if execute and tables_of_macros_exist() %}
        {% for statement in [
            table_macro_division_on(),
            table_macro_stock_on(),
            table_macro_stocks_on(),
            table_macro_unknown_on(),
            table_macro_stays_known_on(),
            table_macro_stock_known_on(),
            table_macro_od_on(),
            table_macro_flows_between(),
            table_macro_trace_stock(),
            table_macro_units_on(),
            table_macro_resident_on(),
            table_macro_bridge_on(),
            table_macro_division_crosswalk(),
            table_macro_stock_on_boundaries(),
            table_macro_od_on_boundaries(),
            table_macro_values_on_boundaries(),
        ] %}
        {{ statement }};
        {% endfor %}
        {{ table_macro_comments() }}
    {% endif %}
{%- endmacro %}
