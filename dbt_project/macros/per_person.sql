{#
    How the published tables about people are made. A model that begins with per_person() reads intermediate models that
    hold only the people of int_touched_person, and has a column person_key. In a full build it is made anew; otherwise
    the rows of the people touched are taken out of it and their new rows, if they still have any, put in. So a model of
    per_person() may read anything of the people touched, and of other models of per_person() only the rows of people
    touched: what it says of a person must not depend on anybody else.
#}
{% macro per_person() -%}
    {%- do ref('int_build') -%}
    {%- do ref('int_touched_person') -%}
    {{ config(materialized='incremental', incremental_strategy='per_person', on_schema_change='fail') }}
{%- endmacro %}


{# Whether a row is about a person touched: data tests of tables about people try what this build has made. #}
{% macro is_touched(person_key='person_key') -%}
    {%- do ref('int_build') -%}
    {%- set touched_person = ref('int_touched_person') -%}
    {%- if is_full_build() -%}
        true
    {%- else -%}
        {{ person_key }} in (select touched.person_key from {{ touched_person }} as touched)
    {%- endif -%}
{%- endmacro %}


{# What dbt does with a model of per_person() that stands already. #}
{% macro get_incremental_per_person_sql(arguments) -%}
    {%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arguments['target_relation'] }}
    where person_key in (select person_key from {{ ref('int_touched_person') }});
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}


{# dbt asks this of every model and seed: a full build makes the models of per_person() anew. #}
{% macro should_full_refresh() -%}
    {%- set asked = config.get('full_refresh') -%}
    {%- set asked = flags.FULL_REFRESH if asked is none else asked -%}
    {{ return(asked or (config.get('incremental_strategy') == 'per_person' and is_full_build())) }}
{%- endmacro %}


{# Whether this build is of everybody; only a model that reads int_build may ask. #}
{% macro is_full_build() -%}
    {%- if not execute -%}
        {{ return(true) }}
    {%- endif -%}
    {{ return(run_query('select is_full from ' ~ ref('int_build')).columns[0].values()[0]) }}
{%- endmacro %}


{# The models of per_person() that this run builds. #}
{% macro per_person_models() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id in selected_resources -%}
        {%- if node.resource_type == 'model' and node.config.incremental_strategy == 'per_person' -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | sort(attribute='name')) }}
{%- endmacro %}


{# A number that changes when any row of a relation does, whatever their order. #}
{% macro fingerprint(relation) -%}
    {{ return(adapter.dispatch('fingerprint', 'popflow')(relation)) }}
{%- endmacro %}


{% macro default__fingerprint(relation) -%}
    (select cast(sum(cast(xxhash64(*) as decimal(38, 0))) as string) from {{ relation }})
{%- endmacro %}


{% macro duckdb__fingerprint(relation) -%}
    (select cast(sum(cast(hash(whole) as hugeint)) as varchar) from {{ relation }} as whole)
{%- endmacro %}
