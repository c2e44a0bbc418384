{#
    The descriptions of a table and of its columns go into the file beside them, in one statement. The macro that dbt
    brings asks the file twice per table which columns it has, a seventh of a small build; here a described column that
    does not exist fails the build.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if config.persist_relation_docs() and config.persist_column_docs() -%}
        {%- set described = {relation.type ~ ' ' ~ relation: model.description} -%}
        {%- for name, column in model.columns.items() -%}
            {%- do described.update({'column ' ~ relation ~ '.' ~ adapter.quote(name): column.description}) -%}
        {%- endfor -%}
        {%- set comments = [] -%}
        {%- for object, description in described.items() -%}
            {%- do comments.append('comment on ' ~ object ~ ' is ' ~ duckdb_escape_comment(description)) -%}
        {%- endfor -%}
        {%- do run_query(comments | join('; ')) -%}
    {%- endif -%}
{%- endmacro %}
