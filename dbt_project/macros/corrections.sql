{# Whether no corrected slip has replaced a loaded row. #}
{% macro still_stands(loaded) -%}
    not exists (
        select correction.by_file_id
        from {{ source('raw', 'correction') }} as correction
        where
            correction.file_id = {{ loaded }}.file_id
            and correction.sheet = {{ loaded }}.sheet
            and correction.row_number = {{ loaded }}.row_number
    )
{%- endmacro %}
