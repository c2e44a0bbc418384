{#
    What the tables about people were last built from, kept in schema built of the same file: the next build compares it
    with what it finds, and so knows whom to build again. It is forgotten when a build begins and written when every
    model of per_person() of that build has succeeded; a build that finds nothing written is of everybody.
#}
{% macro built_tables() -%}
    {{ return({
        'build': 'program varchar, inputs varchar, run_date date',
        'model': 'name varchar',
        'file': 'file_id varchar, reported_on date, list_kind varchar',
        'list_date': 'form_id varchar, unit_code varchar, reported_on date, next_clean_on date, next_full_on date',
        'slip': 'file_id varchar, rows_replaced bigint',
        'link': 'person_key varchar, linked_key varchar',
        'confirmed': 'person_key varchar, confirmed_until date',
    }) }}
{%- endmacro %}


{# Before a build: the tables are there, however empty. #}
{% macro prepare_built() -%}
    {% if execute %}
        create schema if not exists built;
        {% for name, columns in built_tables().items() %}
            create table if not exists built.{{ name }} ({{ columns }});
        {% endfor %}
    {% endif %}
{%- endmacro %}


{# When the build of int_build has read it. #}
{% macro forget_built() -%}
    delete from built.model
{%- endmacro %}


{# After a build. #}
{% macro remember_built(results) -%}
    {% if execute %}
        {%- set succeeded = [] -%}
        {%- for result in results if result.status == 'success' -%}
            {%- do succeeded.append(result.node.unique_id) -%}
        {%- endfor -%}
        {%- set models = per_person_models() -%}
        {%- set failed = models | rejectattr('unique_id', 'in', succeeded) | list -%}
        {% if 'model.popflow.int_build' in succeeded and models and not failed %}
            {{ write_built(models) }}
        {% endif %}
    {% endif %}
{%- endmacro %}


{% macro write_built(models) -%}
    {% set queries = {
        'build': 'select program, inputs, run_date from intermediate.int_build',
        'file': 'select file_id, reported_on, list_kind from intermediate.int_current_file',
        'list_date': 'select form_id, unit_code, reported_on, next_clean_on, next_full_on '
            ~ 'from intermediate.int_list_date',
        'slip': 'select by_file_id, count(*) from staging.stg_correction group by by_file_id',
        'link': 'select person_key, linked_key from staging.stg_person_link',
    } %}
    {% for name, query in queries.items() %}
        delete from built.{{ name }};
        insert into built.{{ name }} {{ query }};
    {% endfor %}
    {% for model in models %}
        insert into built.model values ('{{ model.name }}');
    {% endfor %}
    {% if 'stay' in models | map(attribute='name') %}
        {{ write_confirmed() }}
    {% endif %}
{%- endmacro %}


{# On which days stays lapse if nothing confirms them: of the people touched, the others' have not changed. #}
{% macro write_confirmed() -%}
    delete from built.confirmed
    where
        exists (select * from intermediate.int_build where is_full)
        or person_key in (select person_key from intermediate.int_touched_person);
    insert into built.confirmed
    select person_key, confirmed_until
    from core.stay
    where
        confirmed_until is not null
        and person_key in (select person_key from intermediate.int_touched_person);
{%- endmacro %}
