{#
    The descriptions of a table and of its columns go into the file beside them, in one statement. The macro that dbt
    brings asks the file twice per table which columns it has, a seventh of a small build; here a described column that
    does not exist fails the build.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if config.persist_relation_docs() and config.persist_column_docs() -%}
        {%- set comments -%}
            comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
            {% for name, column in model.columns.items() %}
                comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column.description) }};
            {% endfor %}
        {%- endset -%}
        {% do run_query(comments) %}
    {%- endif -%}
{%- endmacro %}
